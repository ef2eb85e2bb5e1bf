import type { IngestPath } from '../../domain/event.ts'
import { runSql } from '../../postgres/open-database.ts'
import { type Sql, sql } from '../../postgres/sql.ts'
import type { Db } from '../database.ts'

/** How something got into quarantine: as an event does, or in a listing of client sessions. */
export type QuarantinePath = IngestPath | 'sessions'

export interface QuarantineRow {
  item: { workspaceId: string; reason: string; detail: string }
  /** What is kept of the body: either all of it, sealed, or the text in the clear without its secrets. */
  body: Buffer
  isSealed: boolean
  /** The same body always has the same digest. */
  digest: Buffer
}

/** One item as it is in quarantine now. */
export interface Quarantined {
  id: string
  workspaceId: string
  reason: string
  detail: string
  timesSeen: number
}

/**
 * Keeps items that cannot be stored as events or sessions. The same body is kept once for a workspace and counted, because a bad item of a
 * listing is met again at every poll. Duplicates within the batch count as well. The newest reason replaces older ones.
 */
export async function saveQuarantined(
  db: Pick<Db, 'executeQuery'>,
  rows: readonly QuarantineRow[],
  path: QuarantinePath,
): Promise<Quarantined[]> {
  if (rows.length === 0) return []
  return runSql<Quarantined>(db, saveSql(rows, path))
}

function saveSql(rows: readonly QuarantineRow[], path: QuarantinePath): Sql {
  const addedBy = sql`${path}::text`
  return sql`
insert into quarantine as q (workspace_id, body_digest, path, reason, detail, body, is_sealed, times_seen, was_listed)
select workspace_id, body_digest, ${addedBy}, min(reason), min(detail), (array_agg(body))[1], bool_and(is_sealed), count(*), ${addedBy} = 'poll'
from unnest(
  ${rows.map(({ item }) => item.workspaceId)}::uuid[],
  ${rows.map(({ digest }) => digest)}::bytea[],
  ${rows.map(({ item }) => item.reason)}::text[],
  ${rows.map(({ item }) => item.detail)}::text[],
  ${rows.map(({ body }) => body)}::bytea[],
  ${rows.map(({ isSealed }) => isSealed)}::boolean[]
)
  as batch (workspace_id, body_digest, reason, detail, body, is_sealed)
group by workspace_id, body_digest
order by workspace_id, body_digest
on conflict (workspace_id, body_digest) do update set
  reason = excluded.reason,
  detail = excluded.detail,
  times_seen = q.times_seen + excluded.times_seen,
  last_seen_at = clock_timestamp(),
  was_listed = q.was_listed or excluded.was_listed
returning quarantine_id as id, workspace_id as "workspaceId", reason, detail, times_seen as "timesSeen"`
}
