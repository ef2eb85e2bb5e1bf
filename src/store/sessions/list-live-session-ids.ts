import { runSql } from '../../postgres/open-database.ts'
import type { Db } from '../database.ts'

/** Ids read in one statement. */
const PAGE = 2_000

const SQL = `
select client_session_id as id from client_sessions
where workspace_id = $1 and deleted_at is null and client_session_id > $2
order by client_session_id limit ${PAGE}`

/** The ids of all sessions that are not deleted, page by page. */
export async function* listLiveSessionIds(db: Db, workspaceId: string): AsyncGenerator<string[]> {
  let after: string | undefined = ''
  while (after !== undefined) {
    const rows: { id: string }[] = await runSql<{ id: string }>(db, SQL, [workspaceId, after])
    if (rows.length > 0) yield rows.map(({ id }) => id)
    after = rows.length < PAGE ? undefined : rows.at(-1)?.id
  }
}
