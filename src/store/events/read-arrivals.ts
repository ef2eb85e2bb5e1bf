import type { SelectableArrival, StoredArrival } from './stored-arrival.ts'
import { EVENT_FIELDS } from '../../domain/event-fields.ts'
import { runSql } from '../../postgres/open-database.ts'
import { joinSql, rawSql, type Sql, sql } from '../../postgres/sql.ts'
import type { Db } from '../database.ts'
import type { ArrivalCursor } from './arrival-cursor.ts'
import { type EventSelection, selectionSql } from './event-selection.ts'

export interface ArrivalQuery {
  workspaceId: string
  /** Null: begin with the first event that is stored. */
  after: ArrivalCursor | null
  /** How many events are looked at. */
  limit: number
  /** The page ends with the event that reaches so many bytes. Default: no limit. */
  maxBytes?: number
  /** Only these events; the others are passed by, and the cursor with them. Default: all. */
  selection?: EventSelection
}

export interface ArrivalPage<Arrival> {
  events: Arrival[]
  /** After the last event that was looked at; `after` when there was none. */
  cursor: ArrivalCursor | null
  /** Whether the page ended for its limits. */
  hasMore: boolean
  /** All transactions below this number had ended, and no later page has anything of them that this one could not see. */
  settledBefore: bigint
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
  settledBefore: string
  /** Null when the page is empty, as are the members below. */
  eventId: string | null
  transaction: string
  /** How many events were looked at, also those beyond the page's bytes. */
  looked: string
  /** Null for an event that is not selected. */
  body: string | null
  sealedSecrets: Buffer | null
}

type RowWithColumns = Row & { createdAt: string } & SelectableArrival['columns']

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
): Promise<ArrivalPage<StoredArrival>> {
  const rows = await runSql<Row>(db, readArrivalsSql(query))
  return pageOf(query, rows, (_row, arrival) => arrival)
}

/** Does the same and also returns the columns that events are selected by. */
export async function readSelectableArrivals(
  db: Pick<Db, 'executeQuery'>,
  query: ArrivalQuery,
): Promise<ArrivalPage<SelectableArrival>> {
  const rows = await runSql<RowWithColumns>(db, readArrivalsSql(query, COLUMNS))
  return pageOf(query, rows, (row, arrival) => ({
    ...arrival,
    createdAt: BigInt(row.createdAt),
    columns: row,
  }))
}

function pageOf<OneRow extends Row, Arrival>(
  { after, limit }: ArrivalQuery,
  rows: readonly OneRow[],
  make: (row: OneRow, arrival: StoredArrival) => Arrival,
): ArrivalPage<Arrival> {
  const [first] = rows
  // The statement gives one row even when there is no event.
  if (first === undefined) throw new Error('The arrivals query returned no row.')
  const server = BigInt(first.server)
  refuse(first, server, after)
  const cursorOf = ({ transaction, eventId }: Row): ArrivalCursor => ({
    server,
    transaction: BigInt(transaction),
    eventId: eventId as string,
  })
  const events = rows.flatMap((row): Arrival[] => {
    const { eventId, body, sealedSecrets } = row
    if (eventId === null || body === null) return []
    return [make(row, { body, sealedSecrets, eventId, cursor: cursorOf(row) })]
  })
  const found = first.eventId === null ? 0 : rows.length
  return {
    events,
    cursor: found === 0 ? after : cursorOf(rows.at(-1) ?? first),
    hasMore: found > 0 && (found === limit || found < Number(first.looked)),
    settledBefore: BigInt(first.settledBefore),
  }
}

/** Throws for a page that must not be used. */
function refuse({ isForeign, isCursorAhead }: Row, server: bigint, after: ArrivalCursor | null): void {
  if (after !== null && after.server !== server) {
    throw new LostArrivalCursorError(
      'The cursor was made by another Postgres server. Read again from the beginning.',
    )
  }
  if (isForeign) {
    throw new ForeignArrivalsError(
      `Events were restored from another Postgres server, and their transaction ids are ahead of this one's. Run once: ${ADOPT_ARRIVALS_SQL};`,
    )
  }
  if (isCursorAhead) {
    throw new LostArrivalCursorError(
      'The cursor is ahead of this Postgres server, which must have lost its last commits. Read again from the beginning.',
    )
  }
}

/** What a selection looks at. */
const COLUMNS = rawSql(
  `, (extract(epoch from created_at) * 1000000)::bigint::text as "createdAt", event_type, ${EVENT_FIELDS.map(({ column }) => column).join(', ')}`,
)
const NO_COLUMNS = rawSql('')
/** More than a page can have. */
const NO_LIMIT_BYTES = Number.MAX_SAFE_INTEGER

/**
 * The statement behind `readArrivals`; a test explains it. The page is one range of events_by_arrival, in its order. The rows of the page
 * are sorted once more, because the join with the row about the server does not promise to keep their order.
 *
 * `>= xmax` is true of a visible event only if it came from another server or the caller's own transaction wrote it. A cursor ahead of the
 * server means nothing on a replica, which may lag behind the server that made the cursor.
 *
 * @param columns What else to read of an event.
 */
export function readArrivalsSql(
  { workspaceId, after, limit, maxBytes = NO_LIMIT_BYTES, selection }: ArrivalQuery,
  columns: Sql = NO_COLUMNS,
): Sql {
  const { isAfterCursor, isCursorAhead } = after === null ? FROM_THE_BEGINNING : conditionsOf(after)
  const body = selection === undefined ? BODY : joinSql([CASE, selectionSql(selection), THEN_BODY], ' ')
  return sql`
select about.server, about."isCursorAhead", about."settledBefore",
  coalesce(about.newest >= about.xmax and about.newest is distinct from about.own, false) as "isForeign",
  page.*
from (
  select (select system_identifier::text from pg_control_system()) as server,
    ${isCursorAhead} as "isCursorAhead",
    pg_snapshot_xmin(pg_current_snapshot())::text as "settledBefore",
    pg_snapshot_xmax(pg_current_snapshot()) as xmax,
    pg_current_xact_id_if_assigned() as own,
    (select arrival_transaction from events where workspace_id = ${workspaceId} order by arrival_transaction desc limit 1) as newest
) as about
left join lateral (
  select arrived.*, count(*) over () as looked,
    sum(octet_length(body::text)) over (order by place, "eventId" rows unbounded preceding) - octet_length(body::text) as "bytesBefore"
  from (
    select event_id as "eventId", arrival_transaction as place, arrival_transaction::text as transaction, ${body}, secrets as "sealedSecrets"${columns}
    from events
    where workspace_id = ${workspaceId} and ${isAfterCursor}
      and arrival_transaction < pg_snapshot_xmin(pg_current_snapshot())
    order by arrival_transaction, event_id
    limit ${limit}
  ) as arrived
) as page on coalesce(page."bytesBefore", 0) < ${maxBytes}
order by page.place, page."eventId"`
}

const BODY = rawSql('body')
const CASE = rawSql('case when')
const THEN_BODY = rawSql('then body end as body')

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
