import { type Micros, formatInstant } from '../../domain/instant.ts'
import { runSql } from '../../postgres/open-database.ts'
import { rawSql, sql } from '../../postgres/sql.ts'
import type { Db } from '../database.ts'

/**
 * Events further away are not looked at. An event dated into the year 9999 must not decide what is asked for, and after a day of silence
 * the two requests that find the end of a gap are worth their cost.
 */
const FURTHEST = rawSql("interval '1 day'")

/** Creation times of the last stored event before `from` and of the first at or after `to`; null where there is none within a day. */
export async function readNearestEvents(
  db: Pick<Db, 'executeQuery'>,
  workspaceId: string,
  from: Micros,
  to: Micros,
): Promise<{ below: Micros | null; above: Micros | null }> {
  const start = sql`${formatInstant(from)}`
  const end = sql`${formatInstant(to)}`
  const [row] = await runSql<{ below: string | null; above: string | null }>(
    db,
    sql`
select
  (select (extract(epoch from created_at) * 1000000)::bigint::text from events
   where workspace_id = ${workspaceId} and created_at < ${start} and created_at >= ${start}::timestamptz - ${FURTHEST}
   order by created_at desc limit 1) as below,
  (select (extract(epoch from created_at) * 1000000)::bigint::text from events
   where workspace_id = ${workspaceId} and created_at >= ${end} and created_at <= ${end}::timestamptz + ${FURTHEST}
   order by created_at limit 1) as above`,
  )
  return { below: micros(row?.below), above: micros(row?.above) }
}

function micros(text: string | null | undefined): Micros | null {
  return text === null || text === undefined ? null : BigInt(text)
}
