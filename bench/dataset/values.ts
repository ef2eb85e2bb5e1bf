import { createHash } from 'node:crypto'
import { EVENT_FIELDS } from '../../src/domain/event-fields.ts'
import { sampleEvents } from '../events/make-events.ts'
import { FEW_EVENTS } from './sizes.ts'

/** The period over which the stored events' creation is evenly spread, whatever their number. */
export const FIRST_CREATED_AT = '2026-01-01T00:00:00Z'
export const SPAN_DAYS = 300

/** How many devices there are. A few are busy, most are quiet: the share of device n falls with the square root of n. */
export const DEVICES = 2_000
const ACCOUNTS = 40
/** How many events carry one id of any other kind, in the smallest dataset: enough for a page of 50. */
const EVENTS_OF_AN_ID = 70
/** How many events carry one id of a kind that comes in arrays, whatever the number of events: an access grant is one stay. */
const EVENTS_OF_A_GRANT = 20

/** How many distinct values a column has among `count` events. */
export function valuesOf(column: string, count: number): number {
  if (column === 'device_id') return DEVICES
  if (column === 'connected_account_id') return ACCOUNTS
  const share = shareOf(column)
  if (column.endsWith('_ids')) return Math.max(1, Math.floor((share * count) / EVENTS_OF_A_GRANT))
  return Math.max(1, Math.floor((share * FEW_EVENTS) / EVENTS_OF_AN_ID))
}

/** Value number n of a column: the result of SQL's `md5(column || n)` as a UUID. */
export function valueOf(column: string, n: number): string {
  if (column === 'customer_key') return `customer-${n}`
  const hex = createHash('md5').update(`${column}${n}`).digest('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

let shares: ReadonlyMap<string, number> | null = null

/** The share of the events that have the column. */
function shareOf(column: string): number {
  shares ??= countShares()
  return shares.get(column) ?? 0
}

function countShares(): ReadonlyMap<string, number> {
  const samples = sampleEvents()
  return new Map(
    EVENT_FIELDS.map(({ column, from }) => [
      column,
      samples.filter((sample) => from.some((name) => sample[name] !== undefined)).length / samples.length,
    ]),
  )
}
