import type { EventQuery } from '../../src/store/events/event-query.ts'
import { EVENT_FIELDS } from '../../src/domain/event-fields.ts'
import { WORKSPACE_ID } from '../service-parts.ts'
import { DEVICES, FIRST_CREATED_AT, valueOf } from './values.ts'

/** One call of `/events/list`, and the query that the service makes from it. */
export interface ListCase {
  name: string
  /** The JSON body. */
  body: Record<string, unknown>
  query: EventQuery
  /** Asks for the second page, whose cursor is in the first page's answer. */
  isSecondPage?: boolean
}

interface Filter {
  parameter: string
  column: string
  values: readonly string[]
}

/** The service's default limit, for a call that gives none (api/events/list-events-route.ts). */
const DEFAULT_LIMIT = 500
const COMMON_TYPE = 'lock.unlocked'
const RARE_TYPE = 'device.removed'
const RARE_TYPES = [RARE_TYPE, 'access_method.revoked', 'connected_account.deleted'] as const
const WEEK = ['2026-06-01T00:00:00Z', '2026-06-08T00:00:00Z'] as const
/** A device of medium traffic. Even among 100,000 events it has a page of 50. */
const DEVICE = 100
const BUSY_DEVICE = 0
const ACCOUNT = 3

const type = (...values: string[]): Filter => ({
  parameter: values.length > 1 ? 'event_types' : 'event_type',
  column: 'event_type',
  values,
})
const device = (...numbers: number[]): Filter => ({
  parameter: numbers.length > 1 ? 'device_ids' : 'device_id',
  column: 'device_id',
  values: numbers.map((n) => valueOf('device_id', n)),
})
const account: Filter = {
  parameter: 'connected_account_id',
  column: 'connected_account_id',
  values: [valueOf('connected_account_id', ACCOUNT)],
}
const numbers = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)

/** Each filter alone, the pairs that dashboards ask for, and the hard cases: many ids, rare combinations, later pages. */
export function listCases(): ListCase[] {
  const others = EVENT_FIELDS.filter(
    ({ column }) => column !== 'device_id' && column !== 'connected_account_id',
  )
  const grantIds = numbers(0, 20).map((n) => valueOf('access_grant_ids', n))
  const eventIds = numbers(1, 51).map((n) => valueOf('event', n * 1000))
  return [
    listCase('newest', [], { limit: 50 }),
    listCase('newest', []),
    { ...listCase('newest, second page', [], { limit: 50 }), isSecondPage: true },
    listCase('a week', [], { limit: 50, between: WEEK }),
    listCase('a week', [], { between: WEEK }),
    listCase('event_ids (50)', [{ parameter: 'event_ids', column: 'event_id', values: eventIds }], {
      limit: 50,
    }),
    listCase('event_type, common', [type(COMMON_TYPE)], { limit: 50 }),
    listCase('event_type, common', [type(COMMON_TYPE)]),
    listCase('event_type, rare', [type(RARE_TYPE)], { limit: 50 }),
    listCase('event_types (3)', [type(COMMON_TYPE, 'device.connected', RARE_TYPE)], { limit: 50 }),
    listCase('event_types (3 rare)', [type(...RARE_TYPES)], { limit: 50 }),
    listCase('device_id', [device(DEVICE)], { limit: 50 }),
    listCase('device_id, busy', [device(BUSY_DEVICE)]),
    listCase('device_ids (20)', [device(...numbers(DEVICE, DEVICE + 20))], { limit: 50 }),
    listCase('device_ids (200)', [device(...numbers(DEVICE, DEVICE + 200))], { limit: 50 }),
    listCase('device_ids (200 quiet)', [device(...numbers(DEVICES - 200, DEVICES))], { limit: 50 }),
    // An estimate by averages is most wrong about devices without events.
    listCase('device_ids (20 without events)', [device(...numbers(DEVICES, DEVICES + 20))], { limit: 50 }),
    // Of these ten thousand ids, two thousand exist.
    listCase('device_ids (10,000)', [device(...numbers(0, 10_000))], { limit: 50 }),
    listCase('connected_account_id', [account], { limit: 50 }),
    ...others.map(({ column, one }) =>
      listCase(one, [{ parameter: one, column, values: [valueOf(column, 0)] }], { limit: 50 }),
    ),
    listCase(
      'access_grant_ids (20)',
      [{ parameter: 'access_grant_ids', column: 'access_grant_ids', values: grantIds }],
      { limit: 50 },
    ),
    listCase('device + common type', [device(DEVICE), type(COMMON_TYPE)], { limit: 50 }),
    listCase('device + rare type', [device(DEVICE), type(RARE_TYPE)], { limit: 50 }),
    listCase('busy device + rare type', [device(BUSY_DEVICE), type(RARE_TYPE)], { limit: 50 }),
    listCase('device + week', [device(DEVICE)], { limit: 50, between: WEEK }),
    listCase('common type + week', [type(COMMON_TYPE)], { limit: 50, between: WEEK }),
    listCase('rare type + week', [type(RARE_TYPE)], { limit: 50, between: WEEK }),
    listCase('account + common type', [account, type(COMMON_TYPE)], { limit: 50 }),
    listCase('account + rare type', [account, type(RARE_TYPE)], { limit: 50 }),
    listCase('device + common type + week', [device(DEVICE), type(COMMON_TYPE)], {
      limit: 50,
      between: WEEK,
    }),
  ]
}

function listCase(
  name: string,
  filters: readonly Filter[],
  { limit, between }: { limit?: number; between?: readonly [string, string] } = {},
): ListCase {
  const times = between === undefined ? { since: FIRST_CREATED_AT } : { between }
  const parameters = filters.map(({ parameter, values }) => [
    parameter,
    parameter.endsWith('s') ? values : values[0],
  ])
  return {
    name: `${name}, ${limit === undefined ? `default limit ${DEFAULT_LIMIT}` : `limit ${limit}`}`,
    body: { ...times, ...(limit !== undefined && { limit }), ...Object.fromEntries(parameters) },
    query: {
      workspaceId: WORKSPACE_ID,
      visibility: { kind: 'all' },
      after: micros(between?.[0] ?? FIRST_CREATED_AT),
      ...(between !== undefined && { before: micros(between[1]) }),
      filters: filters.map(({ column, values }) => ({ column, values })),
      // The service reads one event more, to know whether there is a next page.
      limit: (limit ?? DEFAULT_LIMIT) + 1,
      offset: 0,
    },
  }
}

function micros(instant: string): bigint {
  return BigInt(Date.parse(instant)) * 1000n
}
