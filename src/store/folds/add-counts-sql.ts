import { rawSql, type Sql, sql } from '../../postgres/sql.ts'

/** Stands for a missing account in a key, where null would not be unique. */
export const NO_ACCOUNT = '00000000-0000-0000-0000-000000000000'

/**
 * Adds events to the roll-ups, or takes them out (`sign` -1). `source` names a table expression with workspace_id, event_type,
 * connected_account_id, path, hour, and the quarter of the hour, 0 to 3.
 */
export function addCountsSql(source: string, sign: 1 | -1 = 1): Sql {
  const quarters = [0, 1, 2, 3].map((n) => `${sign} * count(*) filter (where quarter = ${n})`)
  return sql`insert into event_counts as c (workspace_id, cut, hour, event_type, connected_account_id, path, q0, q1, q2, q3)
  select workspace_id,
    case grouping(event_type, connected_account_id) when 1 then 'type' when 2 then 'account' else 'all' end as cut, hour,
    case when grouping(event_type) = 0 then event_type else '' end as event_type,
    case when grouping(connected_account_id) = 0 then connected_account_id else ${rawSql(`'${NO_ACCOUNT}'::uuid`)} end as account, path,
    ${rawSql(quarters.join(',\n    '))}
  from ${rawSql(source)}
  group by grouping sets (
    (workspace_id, hour, path), (workspace_id, hour, path, event_type), (workspace_id, hour, path, connected_account_id))
  order by cut, hour, event_type, account
  on conflict (workspace_id, cut, hour, event_type, connected_account_id, path) do update set
    q0 = c.q0 + excluded.q0, q1 = c.q1 + excluded.q1, q2 = c.q2 + excluded.q2, q3 = c.q3 + excluded.q3`
}

/** The columns that `addCountsSql` needs, from `events`. date_bin counts from before all events, so it always rounds down. */
export const COUNTED_COLUMNS = `workspace_id, coalesce(event_type, '') as event_type,
    coalesce(connected_account_id, '${NO_ACCOUNT}') as connected_account_id,
    date_bin('1 hour', created_at, '0001-01-01T00:00:00Z') as hour,
    floor(date_part('minute', created_at at time zone 'UTC') / 15)::int as quarter`
