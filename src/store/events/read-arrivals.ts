import type { StoredEvent } from './list-events.ts'
import { runSql } from '../../postgres/open-database.ts'
import { rawSql, type Sql, sql } from '../../postgres/sql.ts'
import type { Db } from '../database.ts'

/**
 * A place in a workspace's order of arrival, just after one event. `encodeArrivalCursor` makes it a text that a client may keep. It means
 * nothing in another workspace.
 */
export interface ArrivalCursor {
  /** The server that counted the transactions: Postgres's system identifier, a signed 64-bit number. */
  server: bigint
  /** The transaction that brought the event: an unsigned 64-bit number. */
  transaction: bigint
  eventId: string
}

export interface StoredArrival extends StoredEvent {
  cursor: ArrivalCursor
}

export interface ArrivalQuery {
  workspaceId: string
  /** Null: begin with the first event that is stored. */
  after: ArrivalCursor | null
  limit: number
}

/** The cursor belongs to another server, or to commits that this server has lost. Its reader must start again from null. */
export class LostArrivalCursorError extends Error {
  override readonly name = 'LostArrivalCursorError'
}

/** Events were restored from another server's dump with that server's transaction ids. The message says what to do. */
export class ForeignArrivalsError extends Error {
  override readonly name = 'ForeignArrivalsError'
}

/** Gives events that came from another server a place before all of this one's, and has everything folded anew, from that place on. */
export const ADOPT_ARRIVALS_SQL = `with adopted as (update events set arrival_transaction = '0' where arrival_transaction >= pg_snapshot_xmax(pg_current_snapshot())) update folds set server = 0`

interface Row {
  server: string
  isCursorAhead: boolean
  isForeign: boolean
  /** Null when the page is empty, as are the members below. */
  eventId: string | null
  transaction: string
  body: string
  sealedSecrets: Buffer | null
}

/**
 * Reads the events that arrived after the cursor, oldest arrival first. Following the returned cursor, a reader sees every event
 * exactly once, however the transactions that bring them overlap (I8):
 *
 * - `pg_snapshot_xmin` is the oldest transaction that was still running when the statement began. All below it have ended:
 *   committed, and their events visible to this statement, or rolled back, and never to be seen.
 * - A transaction keeps its id from its first write to its end, and ids are given out in ascending order. So whatever
 *   becomes visible later has an id of at least today's xmin, and comes after every cursor that was given out today.
 * - The events of one transaction become visible together, so any fixed order among them will do: their ids.
 * - `arrival_transaction` is set by the insert. The second path's sighting updates the row but does not change it (I3).
 *
 * It is one statement without any session state, so it works through a pooler in transaction mode, with each call on another connection,
 * and on a read replica.
 *
 * The price is waiting: an event is shown only when all older transactions that wrote something or locked a row have ended, in any
 * database of the server. That includes `create index concurrently` and forgotten prepared transactions. Transactions that only read
 * (pg_dump, a long export) have no id and hold nobody up. Nothing is lost by waiting.
 *
 * Transaction ids belong to a server. They go on through restarts, replication, physical backups and pg_upgrade, but not through dump
 * and restore, nor through logical replication. Therefore:
 *
 * - A cursor names its server. On another server it is refused (LostArrivalCursorError), because it would skip what came since. pg_upgrade
 *   gives the server a new name, so there the cursor is refused without need.
 * - Restored events carry the old server's ids. Where those are ahead of the new server's, new events would be shown and the restored
 *   ones held back, perhaps for years. So no page is given (ForeignArrivalsError) before ADOPT_ARRIVALS_SQL has run.
 * - A server that lost its last commits (failover to an asynchronous replica, restore to a point in time) gives their ids out again. A cursor
 *   ahead of the server is refused. A cursor that the server has caught up with cannot be told from its own, so after losing commits
 *   readers must start again.
 */
export async function readArrivals(
  db: Pick<Db, 'executeQuery'>,
  query: ArrivalQuery,
): Promise<{ events: StoredArrival[]; cursor: ArrivalCursor | null }> {
  const { after } = query
  const rows = await runSql<Row>(db, readArrivalsSql(query))
  const [first] = rows
  // The statement gives one row even when there is no event.
  if (first === undefined) throw new Error('The arrivals query returned no row.')
  const server = BigInt(first.server)
  if (after !== null && after.server !== server) {
    throw new LostArrivalCursorError(
      'The cursor was made by another Postgres server. Read again from the beginning.',
    )
  }
  if (first.isForeign) {
    throw new ForeignArrivalsError(
      `Events were restored from another Postgres server, and their transaction ids are ahead of this one's. Run once: ${ADOPT_ARRIVALS_SQL};`,
    )
  }
  if (first.isCursorAhead) {
    throw new LostArrivalCursorError(
      'The cursor is ahead of this Postgres server, which must have lost its last commits. Read again from the beginning.',
    )
  }
  const events = rows.flatMap(({ eventId, transaction, body, sealedSecrets }): StoredArrival[] =>
    eventId === null
      ? []
      : [{ body, sealedSecrets, eventId, cursor: { server, transaction: BigInt(transaction), eventId } }],
  )
  return { events, cursor: events.at(-1)?.cursor ?? after }
}

/**
 * The statement behind `readArrivals`; a test explains it. The page is one range of events_by_arrival, in its order. The rows of the page
 * are sorted once more, because the join with the row about the server does not promise to keep their order.
 *
 * `>= xmax` is true of a visible event only if it came from another server or the caller's own transaction wrote it. A cursor ahead of the
 * server means nothing on a replica, which may lag behind the server that made the cursor.
 */
export function readArrivalsSql({ workspaceId, after, limit }: ArrivalQuery): Sql {
  const { isAfterCursor, isCursorAhead } = after === null ? FROM_THE_BEGINNING : conditionsOf(after)
  return sql`
select about.server, about."isCursorAhead",
  coalesce(about.newest >= about.xmax and about.newest is distinct from about.own, false) as "isForeign",
  page.event_id as "eventId", page.arrival_transaction::text as transaction, page.body, page.secrets as "sealedSecrets"
from (
  select (select system_identifier::text from pg_control_system()) as server,
    ${isCursorAhead} as "isCursorAhead",
    pg_snapshot_xmax(pg_current_snapshot()) as xmax,
    pg_current_xact_id_if_assigned() as own,
    (select arrival_transaction from events where workspace_id = ${workspaceId} order by arrival_transaction desc limit 1) as newest
) as about
left join lateral (
  select event_id, arrival_transaction, body, secrets from events
  where workspace_id = ${workspaceId} and ${isAfterCursor}
    and arrival_transaction < pg_snapshot_xmin(pg_current_snapshot())
  order by arrival_transaction, event_id
  limit ${limit}
) as page on true
order by page.arrival_transaction, page.event_id`
}

interface CursorConditions {
  isAfterCursor: Sql
  isCursorAhead: Sql
}

const FROM_THE_BEGINNING: CursorConditions = {
  isAfterCursor: rawSql('true'),
  isCursorAhead: rawSql('false'),
}

function conditionsOf({ transaction, eventId }: ArrivalCursor): CursorConditions {
  const after = sql`${String(transaction)}::text::xid8`
  return {
    isAfterCursor: sql`(arrival_transaction, event_id) > (${after}, ${eventId}::uuid)`,
    isCursorAhead: sql`${after} >= pg_snapshot_xmin(pg_current_snapshot()) and not pg_is_in_recovery()`,
  }
}

/** The version of the text form. It is the first byte, so that later versions can be told apart. */
const VERSION = 1
/** The bytes of the version, server, transaction and event id. */
const CURSOR_BYTES = 1 + 8 + 8 + 16

/** 44 characters of base64url. */
export function encodeArrivalCursor({ server, transaction, eventId }: ArrivalCursor): string {
  const bytes = Buffer.alloc(CURSOR_BYTES)
  bytes.writeUInt8(VERSION, 0)
  bytes.writeBigInt64BE(server, 1)
  bytes.writeBigUInt64BE(transaction, 9)
  bytes.write(eventId.replaceAll('-', ''), 17, 'hex')
  return bytes.toString('base64url')
}

/** Returns null for a text that is no cursor. A made-up cursor is harmless, because it is only a place in the same workspace's order. */
export function decodeArrivalCursor(text: string): ArrivalCursor | null {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length !== CURSOR_BYTES || bytes[0] !== VERSION || bytes.toString('base64url') !== text)
    return null
  const hex = bytes.toString('hex', 17)
  return {
    server: bytes.readBigInt64BE(1),
    transaction: bytes.readBigUInt64BE(9),
    eventId: hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
  }
}
