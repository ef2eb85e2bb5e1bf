import { createHash } from 'node:crypto'
import type { IngestPath, UnusableEvent } from '../domain/event.ts'
import { type Db, runSql } from './open-database.ts'

/**
 * Keeps what can't be stored as an event. The same bytes are kept once for a workspace and counted again, because a bad item
 * in a listing is met at every poll; duplicates within the batch count as well.
 */
const SQL = `
insert into quarantine as q (workspace_id, body_sha256, path, reason, detail, body, times_seen)
select workspace_id, body_sha256, $1, min(reason), min(detail), decode(min(encode(body, 'hex')), 'hex'), count(*)
from unnest($2::uuid[], $3::bytea[], $4::text[], $5::text[], $6::bytea[]) as batch (workspace_id, body_sha256, reason, detail, body)
group by workspace_id, body_sha256
order by workspace_id, body_sha256
on conflict (workspace_id, body_sha256) do update set
  times_seen = q.times_seen + excluded.times_seen,
  last_seen_at = clock_timestamp()`

export async function insertQuarantined(
  db: Pick<Db, 'executeQuery'>,
  items: readonly UnusableEvent[],
  path: IngestPath,
): Promise<void> {
  if (items.length === 0) return
  await runSql(db, SQL, [
    path,
    items.map((item) => item.workspaceId),
    items.map((item) => createHash('sha256').update(item.body).digest()),
    items.map((item) => item.reason),
    items.map((item) => item.detail),
    items.map((item) => Buffer.from(item.body)),
  ])
}
