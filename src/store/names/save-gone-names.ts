import { UUID, binaryArray } from '../../postgres/binary-array.ts'
import { runSql } from '../../postgres/open-database.ts'
import { type Sql, sql } from '../../postgres/sql.ts'
import type { Db } from '../database.ts'
import { type AskedNames, IS_AHEAD } from './save-names.ts'

/** Marks the things gone that a whole listing of their kind does not have. Returns how many. */
export function saveVanishedNames(db: Db, asked: AskedNames, listed: Iterable<string>): Promise<number> {
  const ids = binaryArray(UUID, [...listed])
  return markGone(
    db,
    asked,
    sql`not exists (select from unnest(${ids}::uuid[]) as listed (id) where listed.id = n.id)`,
  )
}

/** Marks one thing gone that Seam no longer finds. */
export function saveGoneName(db: Db, asked: AskedNames, id: string): Promise<number> {
  return markGone(db, asked, sql`n.id = ${id}`)
}

async function markGone(db: Db, { workspaceId, kind, askedAt }: AskedNames, which: Sql): Promise<number> {
  const rows = await runSql(
    db,
    sql`
update names n set gone_at = ${askedAt}, as_of = ${askedAt}
where n.workspace_id = ${workspaceId} and n.kind = ${kind} and n.gone_at is null and (n.as_of <= ${askedAt} or ${IS_AHEAD}) and ${which}
returning 1`,
  )
  return rows.length
}
