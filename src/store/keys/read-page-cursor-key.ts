import { runSql } from '../../postgres/open-database.ts'
import type { Db } from '../database.ts'

/** 32 bytes, made by the migration. */
export async function readPageCursorKey(db: Db): Promise<Buffer> {
  const [row] = await runSql<{ key: Buffer }>(db, 'select key from page_cursor_key', [])
  if (row === undefined)
    throw new Error('The table page_cursor_key is empty; restore its row, or any 32 bytes.')
  return row.key
}
