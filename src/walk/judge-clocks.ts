import { MICROS_PER_SECOND, type Micros } from '../domain/instant.ts'
import type { DateReading } from '../seam/read-date.ts'

/** When clocks are further apart than this, one of them is wrong and nobody can say which, so neither proves anything. */
export const MAX_APART_SECONDS = 86_400
/** When clocks are further apart than this, it is logged, because coverage lags behind by as much. */
const NOTABLE_APART_SECONDS = 60

/**
 * What Seam's `Date` and the database's clock are worth together.
 *
 * - `agree`, `apart`: believed, and the one that is behind counts; `apart` by more than a minute.
 * - `missing`, `unreadable`: there is no `Date`, or it is no date.
 * - `implausible`: they are more than a day apart.
 */
export type ClockState = 'agree' | 'apart' | 'missing' | 'unreadable' | 'implausible'

export interface ClockVerdict {
  state: ClockState
  /** Seam's clock minus the database's; null when Seam's can't be read. */
  aheadSeconds: number | null
  /** When Seam was asked, at the earliest by both; null when they can't be believed: then the answer proves nothing. */
  askedAt: Micros | null
  /** How much Seam's clock is behind the database's; 0 when it is not, or can't be read. */
  seamBehind: Micros
  /** Now at the latest by Seam's clock; null when it can't be believed. */
  seamAtMost: Micros | null
}

/**
 * Nobody knows by which clock Seam stamps its events. As long as either of the two is not ahead of that one, the earlier is safe to
 * conclude from: a wrong clock of Seam's (or of a proxy before it) is held back by the database's, and the other way round.
 * `database` is its clock before Seam was asked.
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
