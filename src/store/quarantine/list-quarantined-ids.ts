import type { QuarantineFilter } from './list-quarantined.ts'
import { runSql } from '../../postgres/open-database.ts'
import type { Db } from '../database.ts'

const SQL = `
select quarantine_id as id from quarantine
where ($1::uuid is null or workspace_id = $1) and ($2::text is null or reason = $2)
  and is_sealed = $3 and quarantine_id > $4
order by quarantine_id
limit $5`

/** The next ids after `after`, in order. A caller can go through the whole quarantine without a long transaction or all bodies in memory. */
export async function listQuarantinedIds(
  db: Db,
  { workspaceId, reason }: QuarantineFilter,
  { isSealed, after, limit }: { isSealed: boolean; after: string; limit: number },
): Promise<string[]> {
  const rows = await runSql<{ id: string }>(db, SQL, [workspaceId, reason, isSealed, after, limit])
  return rows.map(({ id }) => id)
}
