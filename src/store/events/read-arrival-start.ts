import { formatInstant, type Micros } from '../../domain/instant.ts'
import { runSql } from '../../postgres/open-database.ts'
import { sql } from '../../postgres/sql.ts'
import type { Db } from '../database.ts'
import { type ArrivalCursor, FIRST_ID, LAST_ID } from './arrival-cursor.ts'

/**
 * The place in the order of arrival after which everything stands that a later statement may see and this one does not: the newest event of
 * the transactions that have all ended. Who reads what is there now and then follows the arrivals from here misses nothing, and may see
 * again what committed in between.
 *
 * It is the place of a stored event, never merely the number before `pg_snapshot_xmin`: a transaction that was rolled back need not have
 * reached the disk, so after a crash of the server its number is given out again, and a reader after it would miss what it brings (I8).
 */
export async function readArrivalStart(
  db: Pick<Db, 'executeQuery'>,
  workspaceId: string,
): Promise<ArrivalCursor> {
  const [row] = await runSql<{ server: string; transaction: string | null; eventId: string | null }>(
    db,
    sql`
select about.server, last.arrival_transaction::text as transaction, last.event_id as "eventId"
from (select system_identifier::text as server from pg_control_system()) as about
left join lateral (
  select arrival_transaction, event_id from events
  where workspace_id = ${workspaceId} and arrival_transaction < pg_snapshot_xmin(pg_current_snapshot())
  order by arrival_transaction desc, event_id desc limit 1
) as last on true`,
  )
  if (row === undefined) throw new Error('The query for the order of arrival returned no row.')
  const server = BigInt(row.server)
  if (row.transaction === null || row.eventId === null) return beginningOf(server)
  return { server, transaction: BigInt(row.transaction), eventId: row.eventId }
}

/** Before all events of a server, also those that were adopted from another one and have the transaction 0. */
function beginningOf(server: bigint): ArrivalCursor {
  return { server, transaction: 0n, eventId: FIRST_ID }
}

/** Up to how many events are looked at for the one that arrived first: half a second. */
const MOST_LOOKED_AT = 500_000

/**
 * A place in the order of arrival before all events that were created after an instant. It is found by looking at all of them; when they
 * are more than `most`, it is the beginning. The order of creation says nothing about the order of arrival: a backfill brings the
 * newest events first, and a late delivery an old one last.
 */
export async function readArrivalStartSince(
  db: Pick<Db, 'executeQuery'>,
  workspaceId: string,
  createdAfter: Micros,
  most = MOST_LOOKED_AT,
): Promise<ArrivalCursor> {
  // Read before: what is visible only now comes after it as well.
  const newest = await readArrivalStart(db, workspaceId)
  const [row] = await runSql<{ looked: string; first: string | null }>(
    db,
    sql`
select count(*) as looked, min(arrival_transaction)::text as first from (
  select arrival_transaction from events where workspace_id = ${workspaceId} and created_at > ${formatInstant(createdAfter)}
  order by created_at desc limit ${most + 1}
) as since`,
  )
  if (Number(row?.looked) > most) return beginningOf(newest.server)
  const first = row?.first === null || row?.first === undefined ? null : BigInt(row.first)
  if (first === null || first > newest.transaction) return newest
  // Its number is below that of a stored event, so it is never given out again.
  return first === 0n ? beginningOf(newest.server) : { ...newest, transaction: first - 1n, eventId: LAST_ID }
}
