import { type Micros, formatInstant } from '../domain/instant.ts'
import { type Db, runSql } from './open-database.ts'

const SQL = `
select
  (select (extract(epoch from created_at) * 1000000)::bigint::text from events
   where workspace_id = $1 and created_at < $2 order by created_at desc limit 1) as below,
  (select (extract(epoch from created_at) * 1000000)::bigint::text from events
   where workspace_id = $1 and created_at >= $3 order by created_at limit 1) as above`

/** Creation times of the last stored event before `from` and of the first at or after `to`; null where there is none. */
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
