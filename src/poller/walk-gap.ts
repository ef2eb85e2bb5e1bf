import type { Micros } from '../domain/instant.ts'
import type { NoteQuarantined } from '../ingest/ingest-batch.ts'
import type { Db } from '../store/database.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { type AskTools, askForPage } from '../walk/ask-for-page.ts'
import type { ClockVerdict } from '../walk/judge-clocks.ts'
import type { WalkState } from '../walk/walk.ts'
import type { HeldLease } from './held-lease.ts'
import { storePage } from './store-page.ts'

/** What a run of the poller has done so far. */
export interface Tally {
  pages: number
  eventsSeen: number
  eventsNew: number
  quarantined: number
  /** How the clocks were judged at the newest answer; null before the first one. */
  clock: ClockVerdict | null
  /** The database's clock when that answer was stored; null before the first one. */
  databaseNow: Micros | null
}

export interface WalkTools extends AskTools {
  db: Db
  secrets: Secrets
  noteQuarantined: NoteQuarantined
  /** Checked in every transaction that moves coverage (I13). */
  held: HeldLease
}

/** Does one step of a walk: asks for a page, stores it together with the ranges it proves, and returns the new state. */
export async function walkOnePage(tools: WalkTools, state: WalkState, tally: Tally): Promise<WalkState> {
  const page = await askForPage(tools, state, tools.held.databaseNow)
  if (page === null) return state
  const { items, step, clock } = page
  const stored = await storePage(tools.db, tools.held, items, step.proven, tools.secrets)
  tally.pages += 1
  tally.eventsSeen += items.length
  tally.eventsNew += stored.inserted.length
  tally.quarantined += stored.quarantined
  tools.noteQuarantined(stored.kept, 'poll')
  tally.clock = clock
  tally.databaseNow = stored.databaseNow
  return step.state
}
