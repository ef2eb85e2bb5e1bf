import { randomUUID } from 'node:crypto'
import type { Micros } from '../domain/instant.ts'
import type { HeldLease } from './held-lease.ts'
import type { ClockState } from '../walk/judge-clocks.ts'
import type { Backfill } from './poll-round.ts'

/** What a poller remembers from one run to the next; all of it can be found again after a restart. */
export interface PollerMemory {
  /** This poller's name for its leases. */
  holder: string
  /** Null while another process polls. */
  held: HeldLease | null
  backfill: Backfill | null
  /** Pages that reading older time has taken so far, and the new events on them; null when nothing of it is under way. */
  backfilled: { pages: number; eventsNew: number } | null
  /** What Seam's clock was worth at the last answer. */
  clockState: ClockState | null
  /** How much it was behind the database's when it was last believed. */
  seamBehind: Micros
  /** Runs in a row in which it could not be believed. */
  blindRuns: number
  /** By the local monotonic clock, when older time was last read to its end without a clock to believe. */
  readInVainAtMs: number | null
  /** Whether Seam has said which workspace the credentials are for. */
  isIdentified: boolean
}

export function newMemory(): PollerMemory {
  return {
    holder: randomUUID(),
    held: null,
    backfill: null,
    backfilled: null,
    clockState: null,
    seamBehind: 0n,
    blindRuns: 0,
    readInVainAtMs: null,
    isIdentified: false,
  }
}
