import { MICROS_PER_SECOND, type Micros } from '../domain/instant.ts'
import type { DateReading } from '../seam/read-date.ts'

/** When the two clocks differ by more than this, one of them is wrong. Nobody can say which one, so neither proves anything. */
export const MAX_APART_SECONDS = 86_400
/** A difference of more than this is logged, because coverage lags behind by as much. */
const NOTABLE_APART_SECONDS = 60

/**
 * How Seam's `Date` and the database's clock compare.
 *
 * - `agree`, `apart`: both clocks are believed, and the one that is behind counts. `apart` means a difference of more than a minute.
 * - `missing`, `unreadable`: there is no `Date` header, or it holds no date.
 * - `implausible`: the difference is more than a day.
 */
export type ClockState = 'agree' | 'apart' | 'missing' | 'unreadable' | 'implausible'

export interface ClockVerdict {
  state: ClockState
  /** Seam's clock minus the database's; null when Seam's cannot be read. */
  aheadSeconds: number | null
  /** When Seam was asked, by the clock that is behind. Null when the clocks cannot be believed; then the answer proves nothing. */
  askedAt: Micros | null
  /** How far Seam's clock is behind the database's; 0 when it is ahead or cannot be believed. */
  seamBehind: Micros
  /** The latest that Seam's clock can show now; null when it cannot be believed. */
  seamAtMost: Micros | null
}

/**
 * Judges Seam's clock by the database's. Nobody knows which clock stamps Seam's events. The earlier of the two is safe as long as one of
 * them is not ahead of the stamping clock: the database's clock then corrects a wrong clock of Seam's (or of a proxy in front of Seam), and
 * the other way round. `database` is the database's clock, read before Seam was asked.
 */
export function judgeClocks(date: DateReading, database: Micros): ClockVerdict {
  const nothing = { askedAt: null, seamBehind: 0n, seamAtMost: null }
  if (date.kind !== 'read') return { ...nothing, state: date.kind, aheadSeconds: null }
  const { earliest, latest } = date
  const aheadSeconds = Number(earliest - database) / Number(MICROS_PER_SECOND)
  const apart = Math.abs(aheadSeconds)
  if (apart > MAX_APART_SECONDS) return { ...nothing, state: 'implausible', aheadSeconds }
  return {
    state: apart > NOTABLE_APART_SECONDS ? 'apart' : 'agree',
    aheadSeconds,
    askedAt: earliest < database ? earliest : database,
    seamBehind: earliest < database ? database - earliest : 0n,
    seamAtMost: latest,
  }
}
