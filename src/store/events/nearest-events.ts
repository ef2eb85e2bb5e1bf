import { type Micros, formatInstant } from '../../domain/instant.ts'
import { runSql } from '../../postgres/open-database.ts'
import type { Db } from '../database.ts'

/**
 * Events further away are not looked at. An event dated into the year 9999 must not decide what is asked for, and after a day of silence
 * the two requests that find the end of a gap are worth their cost.
 */
const FURTHEST = "interval '1 day'"

const SQL = `
select
  (select (extract(epoch from created_at) * 1000000)::bigint::text from events
   where workspace_id = $1 and created_at < $2 and created_at >= $2::timestamptz - ${FURTHEST} order by created_at desc limit 1) as below,
  (select (extract(epoch from created_at) * 1000000)::bigint::text from events
   where workspace_id = $1 and created_at >= $3 and created_at <= $3::timestamptz + ${FURTHEST} order by created_at limit 1) as above`

/** Creation times of the last stored event before `from` and of the first at or after `to`; null where there is none within a day. */
export async function nearestEvents(
  db: Pick<Db, 'executeQuery'>,
  workspaceId: string,
  from: Micros,
  to: Micros,
): Promise<{ below: Micros | null; above: Micros | null }> {
  const [row] = await runSql<{ below: string | null; above: string | null }>(db, SQL, [
    workspaceId,
    formatInstant(from),
    formatInstant(to),
  ])
  return { below: micros(row?.below), above: micros(row?.above) }
}

function micros(text: string | null | undefined): Micros | null {
  return text === null || text === undefined ? null : BigInt(text)
}
