import type { Db } from '../database.ts'

/** Ids read in one statement. */
const PAGE = 2_000

/** The ids of all sessions that are not deleted, page by page. */
export async function* listLiveSessionIds(db: Db, workspaceId: string): AsyncGenerator<string[]> {
  let after: string | undefined = ''
  while (after !== undefined) {
    const rows: { id: string }[] = await db
      .selectFrom('client_sessions')
      .select('client_session_id as id')
      .where('workspace_id', '=', workspaceId)
      .where('deleted_at', 'is', null)
      .where('client_session_id', '>', after)
      .orderBy('client_session_id')
      .limit(PAGE)
      .execute()
    if (rows.length > 0) yield rows.map(({ id }) => id)
    after = rows.length < PAGE ? undefined : rows.at(-1)?.id
  }
}
