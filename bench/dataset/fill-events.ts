import type pg from 'pg'
import { EVENT_FIELDS } from '../../src/domain/event-fields.ts'
import { sampleEvents } from '../events/make-events.ts'
import { onDatabase } from '../processes/start-server.ts'
import { WORKSPACE_ID } from '../service-parts.ts'
import { dropIndexes, restoreIndexes } from './indexes.ts'
import { DEVICES, FIRST_CREATED_AT, SPAN_DAYS, valuesOf } from './values.ts'

/**
 * Fills an empty, migrated database with `count` events, always the same ones, oldest first. Types, and which ids an event
 * carries, are mixed as the simulated Seam mixes them; the ids come from the table in values.ts. The texts name the same id,
 * time, device and account as the columns do. Ids of rarer kinds are in the columns only.
 *
 * It drops the indexes first. Afterwards it makes them again as the migrations made them, and checks that.
 */
export async function fillEvents(databaseUrl: string, count: number, devices = DEVICES): Promise<void> {
  const indexes = await onDatabase(databaseUrl, async (client) => {
    await makeSamples(client)
    await client.query('begin')
    // Postgres fills a table that was emptied in the same transaction without writing its log.
    await client.query('truncate events')
    const dropped = await dropIndexes(client)
    await client.query(fillSql(count, devices))
    await client.query('commit')
    await client.query('drop table samples')
    await client.query('vacuum analyze events')
    return dropped
  })
  await restoreIndexes(databaseUrl, indexes)
  // The planner looks at the indexes' sizes, and GIN keeps statistics of its own.
  await onDatabase(databaseUrl, async (client) => {
    await client.query('analyze events')
    await client.query('checkpoint')
  })
}

async function makeSamples(client: pg.Client): Promise<void> {
  const samples = sampleEvents().map((event, n) => {
    const { event_id, workspace_id, event_type, created_at, occurred_at, ...rest } = event
    void [event_id, workspace_id, created_at, occurred_at]
    const { device_id, connected_account_id, ...tail } = rest
    void [device_id, connected_account_id]
    const has = EVENT_FIELDS.filter(({ from }) => from.some((name) => event[name] !== undefined))
    return { n, event_type, tail: JSON.stringify(tail).slice(1), has: has.map(({ column }) => column) }
  })
  const flags = EVENT_FIELDS.map(({ column }) => `'${column}' = any(has) as has_${column}`)
  await client.query(
    `create table samples as
     select n, event_type, tail, ${flags.join(', ')}
     from jsonb_to_recordset($1) as s (n integer, event_type text, tail text, has text[])`,
    [JSON.stringify(samples)],
  )
  await client.query('analyze samples')
}

/**
 * The transactions that the events seem to have come by, oldest first: ids below those that a new server gives out. In one transaction, the
 * order of arrival would be that of the ids, and no two events that arrive together would be of the same day.
 */
const FIRST_TRANSACTION = 3
const TRANSACTIONS = 600

function fillSql(count: number, devices: number): string {
  const samples = sampleEvents().length
  const stepMicros = Math.floor((SPAN_DAYS * 86_400 * 1_000_000) / count)
  const values = EVENT_FIELDS.map(({ column, type }) => {
    const n = numberSql(column, count, devices)
    if (type === 'text') return `case when has_${column} then 'customer-' || ${n} end`
    const id = `md5('${column}' || ${n})::uuid`
    return `case when has_${column} then ${type === 'uuid[]' ? `array[${id}]` : id} end`
  })
  const columns = EVENT_FIELDS.map(({ column }) => column)
  return `
insert into events (workspace_id, event_id, event_type, created_at, occurred_at, ${columns.join(', ')}, body, poll_at, arrival_transaction)
select '${WORKSPACE_ID}', v.id, v.event_type, v.at, v.at - interval '1 second', ${columns.map((column) => `v.${column}`).join(', ')},
  ('{"event_id":"' || v.id || '","workspace_id":"${WORKSPACE_ID}","event_type":"' || v.event_type
    || '","created_at":"' || to_char(v.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    || ${idTextSql('device_id')} || ${idTextSql('connected_account_id')} || '",' || v.tail)::json,
  v.at + interval '10 seconds', (${FIRST_TRANSACTION} + v.i * ${TRANSACTIONS} / ${count})::text::xid8
from (
  select e.i, md5('event' || e.i)::uuid as id, s.event_type, s.tail, e.at,
    ${columns.map((column, i) => `${values[i]} as ${column}`).join(',\n    ')}
  from (
    select i, timestamptz '${FIRST_CREATED_AT}' + i * interval '${stepMicros} microseconds' as at,
      (hashint8extended(i, 1) & 4294967295) / 4294967296.0::float8 as r,
      hashint8extended(i, 2) & 4294967295 as h
    from generate_series(1::bigint, ${count}) as i
    offset 0
  ) as e
  join samples s on s.n = e.h % ${samples}
  offset 0
) as v`
}

/** Which value of the column an event has. r is evenly spread from 0 to 1, so its square favours low numbers. */
function numberSql(column: string, count: number, devices: number): string {
  const device = `floor(e.r * e.r * ${devices})::int`
  if (column === 'device_id') return device
  // The device decides the account, because it belongs to one account.
  if (column === 'connected_account_id') return `(${device} % ${valuesOf(column, count)})`
  return `((e.h / ${sampleEvents().length}) % ${valuesOf(column, count)})`
}

/** The id as a part of the event's text. It stands after a value and before that value's closing quote. */
function idTextSql(column: string): string {
  return `coalesce('","${column}":"' || v.${column}, '')`
}
