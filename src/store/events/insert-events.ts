import type { Transaction } from 'kysely'
import type { IngestPath, UsableEvent } from '../../domain/event.ts'
import {
  type EventRow,
  INSERT_AND_TELL_SQL,
  INSERT_ONE_SQL,
  INSERT_SQL,
  parametersOf,
  parametersOfOne,
} from './event-insert-sql.ts'
import { runSql } from '../../postgres/open-database.ts'
import type { Db } from '../database.ts'
import type { Database } from '../schema.ts'

/** Makes what is stored of an event. */
export type ToRow = (event: UsableEvent) => EventRow

interface StoredRow {
  workspace_id: string
  event_id: string
}

interface ToldRow extends StoredRow {
  inserted: boolean
}

type Executor = Pick<Db, 'executeQuery'>

/**
 * Inserts the events that are new, and notes the sighting of those that are not (see event-insert-sql.ts). Returns those that may differ from
 * what is stored: an event of their id was there before, and either they are its first sighting by this path or they look different; or
 * they came twice in the batch.
 */
export async function insertEvents(
  db: Executor,
  events: readonly UsableEvent[],
  toRow: ToRow,
  path: IngestPath,
): Promise<EventRow[]> {
  const { once, again } = inOrder(events)
  const rows = once.map(toRow)
  const [first, second] = rows
  if (first === undefined) return []
  const known = await (second === undefined
    ? runSql<StoredRow>(db, INSERT_ONE_SQL, parametersOfOne(first, path))
    : runSql<StoredRow>(db, INSERT_SQL, parametersOf(rows, path)))
  return [...rowsOf(known, rows), ...again.map(toRow)]
}

/** Rows of the first statement; each further one has twice as many as the one before. A page of 500 is four statements. */
const FIRST_PART_ROWS = 36

/**
 * The same in the caller's transaction, and it says which were new. In parts: while Postgres stores one, the next is made, which takes a
 * quarter to a third as long for a row. So the first is small, because nothing is done meanwhile, and the next may be larger.
 */
export async function insertEventsAndTell(
  trx: Transaction<Database>,
  events: readonly UsableEvent[],
  toRow: ToRow,
  path: IngestPath,
): Promise<{ inserted: { workspaceId: string; eventId: string }[]; known: EventRow[] }> {
  const { once, again } = inOrder(events)
  const inserted: { workspaceId: string; eventId: string }[] = []
  const known: EventRow[] = []
  let underWay: { rows: readonly EventRow[]; stored: Promise<ToldRow[]> } | null = null
  const finishPart = async (): Promise<void> => {
    if (underWay === null) return
    const { rows, stored } = underWay
    const before: ToldRow[] = []
    for (const row of await stored) {
      if (row.inserted) inserted.push({ workspaceId: row.workspace_id, eventId: row.event_id })
      else before.push(row)
    }
    for (const row of rowsOf(before, rows)) known.push(row)
  }
  for (let from = 0, size = FIRST_PART_ROWS; from < once.length; from += size, size *= 2) {
    const rows = once.slice(from, from + size).map(toRow)
    const parameters = parametersOf(rows, path)
    await finishPart()
    underWay = { rows, stored: runSql<ToldRow>(trx, INSERT_AND_TELL_SQL, parameters) }
    // Its error is met when it is awaited, which is after the next part was made.
    underWay.stored.catch(() => {})
    // Until it is sent; Kysely and pg take some turns for that.
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
 * Each event once, because one statement can't touch a row twice ("cannot affect row a second time"): the first of the same; and those
 * that came again with another text. In the order of the key, so that two batches with the same events wait for each other instead
 * of deadlocking.
 */
function inOrder(events: readonly UsableEvent[]): { once: UsableEvent[]; again: UsableEvent[] } {
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
