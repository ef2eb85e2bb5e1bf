import type { Transaction } from 'kysely'
import type { IngestPath, UsableEvent } from '../domain/event.ts'
import type { Secrets } from '../secrets/secrets.ts'
import type { EventRow } from '../store/events/event-insert-sql.ts'
import { type InsertedEvents, insertEventsReturningNew } from '../store/events/insert-events.ts'
import type { Database } from '../store/schema.ts'
import { protectEvent } from './protect-secrets.ts'

/** The first statement has this many rows and each further one twice as many as the one before. A page of 500 takes four statements. */
const FIRST_PART_ROWS = 36

/**
 * Takes the secrets out of a page's events and inserts them. The page is sent in parts, so that the rows of the next part are made while
 * Postgres stores the one before. A page of 500 whose PINs are sealed takes 13.8 instead of 15.0 ms in one statement. The first part is
 * small because Postgres idles while it is made; each later part may be larger.
 */
export async function insertInParts(
  trx: Transaction<Database>,
  events: readonly UsableEvent[],
  path: IngestPath,
  secrets: Secrets,
): Promise<InsertedEvents> {
  const all: InsertedEvents = { inserted: [], known: [] }
  const rowsOf = (from: number, size: number): EventRow[] =>
    events.slice(from, from + size).map((event) => protectEvent(event, secrets))
  let from = 0
  let size = FIRST_PART_ROWS
  let rows = rowsOf(from, size)
  while (rows.length > 0) {
    from += size
    size *= 2
    const [stored, nextRows] = await Promise.all([
      insertEventsReturningNew(trx, rows, path),
      // Lets Kysely and pg send the statement before the next part is made.
      nextTurn().then(() => rowsOf(from, size)),
    ])
    for (const each of stored.inserted) all.inserted.push(each)
    for (const row of stored.known) all.known.push(row)
    rows = nextRows
  }
  return all
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
