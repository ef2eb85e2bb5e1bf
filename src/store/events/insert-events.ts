import type { Transaction } from 'kysely'
import type { IngestPath, UsableEvent } from '../../domain/event.ts'
import {
  type EventRow,
  insertOneStatement,
  insertReturningNewStatement,
  insertStatement,
} from './event-insert-sql.ts'
import { runSql } from '../../postgres/open-database.ts'
import type { Db } from '../database.ts'
import type { Database } from '../schema.ts'

/** Turns an event into the row that is stored of it. */
export type ToRow = (event: UsableEvent) => EventRow

interface StoredRow {
  workspace_id: string
  event_id: string
}

interface ReturnedRow extends StoredRow {
  inserted: boolean
}

type Executor = Pick<Db, 'executeQuery'>

/**
 * Inserts the new events and notes the sighting of the known ones (see event-insert-sql.ts). Returns the rows that may differ from what is
 * stored:
 *
 * - rows whose id was stored before, when this is its first sighting by this path, or when the text or the secrets differ;
 * - rows whose id came twice in the batch with different texts.
 */
export async function insertEvents(
  db: Executor,
  events: readonly UsableEvent[],
  toRow: ToRow,
  path: IngestPath,
): Promise<EventRow[]> {
  const { once, again } = dedupedInKeyOrder(events)
  const rows = once.map(toRow)
  const [first, second] = rows
  if (first === undefined) return []
  const known = await (second === undefined
    ? runSql<StoredRow>(db, insertOneStatement({ row: first, path }))
    : runSql<StoredRow>(db, insertStatement({ rows, path })))
  return [...rowsOf(known, rows), ...again.map(toRow)]
}

/** The first statement has this many rows and each further one twice as many as the one before. A page of 500 takes four statements. */
const FIRST_PART_ROWS = 36

/**
 * Does the same in the caller's transaction, and also returns which events were new.
 *
 * The batch is sent in parts, so that the next part is made while Postgres stores the one before. Making a row takes a quarter to a third
 * of the time of storing it. The first part is small because Postgres idles while it is made; each later part may be larger.
 */
export async function insertEventsReturningNew(
  trx: Transaction<Database>,
  events: readonly UsableEvent[],
  toRow: ToRow,
  path: IngestPath,
): Promise<{ inserted: { workspaceId: string; eventId: string }[]; known: EventRow[] }> {
  const { once, again } = dedupedInKeyOrder(events)
  const inserted: { workspaceId: string; eventId: string }[] = []
  const known: EventRow[] = []
  let underWay: { rows: readonly EventRow[]; stored: Promise<ReturnedRow[]> } | null = null
  const finishPart = async (): Promise<void> => {
    if (underWay === null) return
    const { rows, stored } = underWay
    const before: ReturnedRow[] = []
    for (const row of await stored) {
      if (row.inserted) inserted.push({ workspaceId: row.workspace_id, eventId: row.event_id })
      else before.push(row)
    }
    for (const row of rowsOf(before, rows)) known.push(row)
  }
  for (let from = 0, size = FIRST_PART_ROWS; from < once.length; from += size, size *= 2) {
    const rows = once.slice(from, from + size).map(toRow)
    const statement = insertReturningNewStatement({ rows, path })
    await finishPart()
    underWay = { rows, stored: runSql<ReturnedRow>(trx, statement) }
    // The error is handled where the part is awaited, which is after the next part was made.
    underWay.stored.catch(() => {})
    // Lets Kysely and pg send the statement before the next part is made.
    await nextTurn()
  }
  await finishPart()
  for (const event of again) known.push(toRow(event))
  return { inserted, known }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function rowsOf(stored: readonly StoredRow[], rows: readonly EventRow[]): EventRow[] {
  if (stored.length === 0) return []
  const keys = new Set(stored.map((row) => `${row.workspace_id} ${row.event_id}`))
  return rows.filter(({ event }) => keys.has(keyOf(event)))
}

function keyOf({ workspaceId, eventId }: UsableEvent): string {
  return `${workspaceId} ${eventId}`
}

/**
 * Keeps the first event of each key in `once`, because one statement can't touch a row twice ("cannot affect row a second time"), and
 * puts later ones with another text into `again`. `once` is in the order of the key, so that two batches with the same events wait for
 * each other instead of deadlocking.
 */
function dedupedInKeyOrder(events: readonly UsableEvent[]): { once: UsableEvent[]; again: UsableEvent[] } {
  const byKey = new Map<string, UsableEvent>()
  const again: UsableEvent[] = []
  for (const event of events) {
    const key = keyOf(event)
    const first = byKey.get(key)
    if (first === undefined) byKey.set(key, event)
    else if (first.json !== event.json) again.push(event)
  }
  if (byKey.size === 1) return { once: [...byKey.values()], again }
  const once = [...byKey].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, event]) => event)
  return { once, again }
}
