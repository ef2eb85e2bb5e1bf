import type { Transaction } from 'kysely'
import type { IngestPath } from '../../domain/event.ts'
import {
  type EventRow,
  insertOneStatement,
  insertReturningNewStatement,
  insertStatement,
} from './event-insert-sql.ts'
import { runSql } from '../../postgres/open-database.ts'
import type { Db } from '../database.ts'
import type { Database } from '../schema.ts'

interface StoredRow {
  workspace_id: string
  event_id: string
}

interface ReturnedRow extends StoredRow {
  inserted: boolean
}

type Executor = Pick<Db, 'executeQuery'>

/**
 * Inserts the new events and notes the sighting of the known ones (see event-insert-sql.ts). No two rows may have the same id. Returns the
 * rows that may differ from what is stored: those whose id was stored before, when this is its first sighting by this path, or when the
 * text or the secrets differ.
 */
export async function insertEvents(
  db: Executor,
  rows: readonly EventRow[],
  path: IngestPath,
): Promise<EventRow[]> {
  const [row, another] = rows
  if (row === undefined) return []
  const statement =
    another === undefined ? insertOneStatement({ row, path }) : insertStatement({ rows, path })
  return rowsOf(await runSql<StoredRow>(db, statement), rows)
}

export interface InsertedEvents {
  /** The events that were not stored before. */
  inserted: { workspaceId: string; eventId: string }[]
  /** The rows that `insertEvents` would return. */
  known: EventRow[]
}

/** Does the same in the caller's transaction, and also returns which events were new. */
export async function insertEventsReturningNew(
  trx: Transaction<Database>,
  rows: readonly EventRow[],
  path: IngestPath,
): Promise<InsertedEvents> {
  const returned = await runSql<ReturnedRow>(trx, insertReturningNewStatement({ rows, path }))
  const { fresh = [], known = [] } = Object.groupBy(returned, ({ inserted }) =>
    inserted ? 'fresh' : 'known',
  )
  return {
    inserted: fresh.map((row) => ({ workspaceId: row.workspace_id, eventId: row.event_id })),
    known: rowsOf(known, rows),
  }
}

function rowsOf(stored: readonly StoredRow[], rows: readonly EventRow[]): EventRow[] {
  if (stored.length === 0) return []
  const keys = new Set(stored.map((row) => `${row.workspace_id} ${row.event_id}`))
  return rows.filter(({ event }) => keys.has(`${event.workspaceId} ${event.eventId}`))
}
