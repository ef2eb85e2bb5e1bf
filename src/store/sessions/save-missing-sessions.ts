import type { Transaction } from 'kysely'
import { binaryArray, TEXT } from '../../postgres/binary-array.ts'
import { runSql } from '../../postgres/open-database.ts'
import { type Sql, sql } from '../../postgres/sql.ts'
import type { Database } from '../schema.ts'

/** How far a listing is believed about a session that it does not show. */
export type Belief =
  /** It is deleted. */
  | { kind: 'deleted' }
  /** It is unconfirmed. If it has been so for this long, an earlier listing said the same, and it is deleted. */
  | { kind: 'unconfirmed'; deletedAfterSeconds: number }
  /** The listing shows it in a form that cannot be used. It is unconfirmed for as long as that is so. */
  | { kind: 'unclear' }

/**
 * The deletion gets the time at which the listing was asked for, so that a listing asked for a moment later may bring the session back. A
 * row that would not change is not written.
 */
function missingSql(
  { workspaceId, askedAt }: { workspaceId: string; askedAt: string },
  ids: readonly string[],
  belief: Belief,
): Sql {
  const workspace = sql`${workspaceId}`
  const asked = sql`${askedAt}::timestamptz`
  const isDeletion = belief.kind === 'deleted'
  const afterSeconds = belief.kind === 'unconfirmed' ? belief.deletedAfterSeconds : null
  return sql`
update client_sessions set
  unconfirmed_since = case when is_deleted then null else coalesce(unconfirmed_since, ${asked}) end,
  deleted_at = case when is_deleted then ${asked} end,
  token_sha256 = case when is_deleted then null else token_sha256 end,
  token_sealed = case when is_deleted then null else token_sealed end
from (
  select client_session_id as id, ${isDeletion} or coalesce(unconfirmed_since <= ${asked} - make_interval(secs => ${afterSeconds}), false) as is_deleted
  from client_sessions
  where workspace_id = ${workspace} and client_session_id = any(${binaryArray(TEXT, ids)}::text[]) and deleted_at is null
) as judged
where workspace_id = ${workspace} and client_session_id = judged.id and (is_deleted or unconfirmed_since is null)
returning is_deleted as "isDeleted"`
}

/** Marks sessions that a listing does not show, or shows unclearly. The caller holds the lock (underClaim). */
export async function saveMissingSessions(
  trx: Transaction<Database>,
  listing: { workspaceId: string; askedAt: string },
  ids: readonly string[],
  belief: Belief,
): Promise<{ deleted: number }> {
  const rows = await runSql<{ isDeleted: boolean }>(trx, missingSql(listing, ids, belief))
  return { deleted: rows.filter(({ isDeleted }) => isDeleted).length }
}
