import { randomUUID } from 'node:crypto'
import type { Micros } from '../domain/instant.ts'
import type { HeldLease } from './held-lease.ts'
import type { ClockState } from '../walk/judge-clocks.ts'
import type { Backfill } from './poll-round.ts'

/** What a poller remembers from one run to the next. Nothing is lost with it: after a restart the poller finds all of it again. */
export interface PollerMemory {
  /** This poller's name for its leases. */
  holder: string
  /** Null while another process polls. */
  held: HeldLease | null
  /** The walk of a gap that the next tick interrupted; null when there is none. */
  backfill: Backfill | null
  /** Pages read for the backfill so far, and the new events on them; null when no backfill is under way. */
  backfilled: { pages: number; eventsNew: number } | null
  /** How Seam's clock was judged at the last answer. */
  clockState: ClockState | null
  /** How far Seam's clock was behind the database's when it was last believed. */
  seamBehind: Micros
  /** Runs in a row that were blind: Seam's clock could not be believed, so nothing was proven. */
  blindRuns: number
  /**
   * When a blind run last read all gaps to their end, by the local monotonic clock. Null when no run has done so since
   * the clock was last believed.
   */
  gapsReadBlindAtMs: number | null
  /** Whether Seam was asked which workspace the credentials are for. */
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
    gapsReadBlindAtMs: null,
    isIdentified: false,
  }
}
