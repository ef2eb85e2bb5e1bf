import { runSql } from '../../postgres/open-database.ts'
import type { Db } from '../database.ts'

export interface QuarantineCount {
  reason: string
  items: number
  /** How many of them Seam lists. The copy is complete except for these. */
  listed: number
  /** RFC 3339, UTC. */
  lastSeenAt: string
}

const SQL = `
select reason, count(*)::int as items, (count(*) filter (where was_listed))::int as listed,
  to_char(max(last_seen_at) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "lastSeenAt"
from quarantine where workspace_id = $1 group by reason order by reason`

export async function readQuarantineCounts(db: Db, workspaceId: string): Promise<QuarantineCount[]> {
  return runSql<QuarantineCount>(db, SQL, [workspaceId])
}
