import { formatInstant, type Micros } from '../../domain/instant.ts'
import { type Executor, runSql } from '../../postgres/open-database.ts'
import { rawSql, type Sql, sql } from '../../postgres/sql.ts'
import type { BucketUnit, StatsQuery } from './stats-query.ts'

/** Postgres does not know the time zone: it may have another edition of the IANA database than Node. */
export class UnknownTimeZoneError extends Error {
  override readonly name = 'UnknownTimeZoneError'
}

/**
 * Where the buckets of a window begin and end: `from`, each begin of a bucket in between, `to`. Postgres computes them, so that they come
 * from the same edition of the time zones as all other local times.
 */
export async function listBucketBounds(
  db: Executor,
  { from, to, unit, timeZone }: Pick<StatsQuery, 'from' | 'to' | 'unit' | 'timeZone'>,
): Promise<Micros[]> {
  const window = {
    from: sql`${formatInstant(from)}::timestamptz`,
    to: sql`${formatInstant(to)}::timestamptz`,
  }
  const starts = STARTS[unit](window, sql`${timeZone}::text`)
  const statement = sql`
select (extract(epoch from at) * 1000000)::bigint::text as at from (${starts}) as starts (at)
where at > ${window.from} and at < ${window.to} group by at order by starts.at`
  const rows = await runSql<{ at: string }>(db, statement).catch(explainTimeZone)
  return [from, ...rows.map(({ at }) => BigInt(at)), to]
}

function explainTimeZone(error: unknown): never {
  const { code, message = '' } = error as { code?: unknown; message?: string }
  if (code === '22023' && message.includes('time zone'))
    throw new UnknownTimeZoneError(message, { cause: error })
  throw error
}

interface Window {
  from: Sql
  to: Sql
}

const STARTS: Record<BucketUnit, (window: Window, zone: Sql) => Sql> = {
  minute: ({ from, to }) => sql`
  select generate_series(date_bin('1 minute', ${from}, '2000-01-01T00:00:00Z'), ${to}, '1 minute')`,
  hour: hourStarts,
  day: (window, zone) => localStarts('day', window, zone),
  week: (window, zone) => localStarts('week', window, zone),
  month: (window, zone) => localStarts('month', window, zone),
}

/**
 * An hour begins where the local clock shows a whole one, and where it is set: the hour that comes twice in autumn is two buckets. Where
 * clocks are set by half an hour (Lord Howe), so are the half hours before and after.
 */
function hourStarts({ from, to }: Window, zone: Sql): Sql {
  return sql`
  select at from (
    select at, at at time zone ${zone} as local, lag(at at time zone ${zone}) over (order by at) as before
    from generate_series(date_bin('15 minutes', ${from}, '2000-01-01T00:00:00Z'), ${to}, '15 minutes') as at
  ) as quarters
  where local = date_trunc('hour', local) or local - before <> '15 minutes'`
}

/**
 * A day, week or month begins when the local clock first shows its midnight. Postgres takes a midnight that does not exist for the moment
 * when the clock is set past it, which is right; of one that comes twice it takes the second, so the first is looked for.
 */
function localStarts(unit: 'day' | 'week' | 'month', { from, to }: Window, zone: Sql): Sql {
  const name = rawSql(`'${unit}'`)
  return sql`
  select coalesce((
    select min(earlier) from unnest(array[at - interval '2 hours', at - interval '1 hour', at - interval '30 minutes']) as earlier
    where earlier at time zone ${zone} = local
  ), at)
  from generate_series(date_trunc(${name}, ${from} at time zone ${zone}), ${to} at time zone ${zone} + interval '1 day', ${rawSql(`'1 ${unit}'`)}) as local,
    lateral (select local at time zone ${zone} as at) as instant`
}
