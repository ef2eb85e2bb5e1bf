import type { Transaction } from 'kysely'
import { formatInstant, type Micros } from '../../domain/instant.ts'
import { runSql } from '../../postgres/open-database.ts'
import { rawSql, sql } from '../../postgres/sql.ts'
import { addCountsSql, COUNTED_COLUMNS } from '../folds/add-counts-sql.ts'
import { lockFold } from '../folds/lock-fold.ts'
import type { Database } from '../schema.ts'
import { FIRST_PATH_SQL } from './first-path-sql.ts'

/**
 * Deletes a workspace's oldest events, at most `limit` of those created before the instant, and takes them out of the roll-ups (I16).
 * Returns how many.
 *
 * The fold's lock comes first: a fold whose snapshot still had the deleted events would count them.
 */
export async function deleteEvents(
  trx: Transaction<Database>,
  workspaceId: string,
  { before, limit }: { before: Micros; limit: number },
): Promise<number> {
  const cursor = await lockFold(trx, workspaceId)
  const [row] = await runSql<{ deleted: number }>(
    trx,
    sql`
with oldest as materialized (
  select event_id from events where workspace_id = ${workspaceId} and created_at < ${formatInstant(before)}
  order by created_at limit ${limit}
), gone as (
  delete from events using oldest where workspace_id = ${workspaceId} and events.event_id = oldest.event_id
  returning events.*
), folded as (
  select ${rawSql(COUNTED_COLUMNS)}, ${FIRST_PATH_SQL} as path from gone
  where (arrival_transaction, event_id) <= (${cursor.transaction}::xid8, ${cursor.eventId}::uuid)
), subtracted as (
  ${addCountsSql('folded', -1)}
)
select count(*)::int as deleted from gone`,
  )
  await runSql(
    trx,
    sql`delete from event_counts where workspace_id = ${workspaceId} and cut = any('{all,type,account}')
and hour < ${formatInstant(before)} and q0 = 0 and q1 = 0 and q2 = 0 and q3 = 0`,
  )
  return row?.deleted ?? 0
}
