import type { QuarantineListing } from './list-quarantined.ts'
import { runSql } from '../../postgres/open-database.ts'
import type { Db } from '../database.ts'

export interface QuarantinedItem extends QuarantineListing {
  /** Either sealed whole, or in the clear without what looked like a PIN. */
  body: Buffer
  isSealed: boolean
}

/** All ids come from one sequence, so an id alone names an item although the primary key includes the workspace. */
const SQL = `
select quarantine_id as id, workspace_id as "workspaceId", path, reason, detail, times_seen as "timesSeen",
  to_char(first_seen_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "firstSeenAt",
  to_char(last_seen_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "lastSeenAt",
  body, is_sealed as "isSealed"
from quarantine where quarantine_id = $1`

/** One item with its body; null when there is none of that id. */
export async function getQuarantined(db: Db, id: string): Promise<QuarantinedItem | null> {
  const [row] = await runSql<QuarantinedItem>(db, SQL, [id])
  return row ?? null
}
