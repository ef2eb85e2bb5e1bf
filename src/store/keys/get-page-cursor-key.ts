import type { Db } from '../database.ts'

/** The 32 bytes that the migration made. */
export async function getPageCursorKey(db: Db): Promise<Buffer> {
  const row = await db.selectFrom('page_cursor_key').select('key').executeTakeFirst()
  if (row === undefined)
    throw new Error('The table page_cursor_key is empty. Restore its row, or insert any 32 bytes as its key.')
  return row.key
}
