import { createHash } from 'node:crypto'
import { EVENT_FIELDS } from '../../src/domain/event-fields.ts'
import { sampleEvents } from '../events/make-events.ts'
import { FEW_EVENTS } from './sizes.ts'

/** When the stored events were created: evenly spread over this time, whatever their number. */
export const FIRST_CREATED_AT = '2026-01-01T00:00:00Z'
export const SPAN_DAYS = 300

/** Devices; some are busy, most are quiet: number n has a share of the events that falls with the square root of n. */
export const DEVICES = 2_000
const ACCOUNTS = 40
/** Events that carry one id of any other kind, among the fewest events measured: enough for a page of 50. */
const EVENTS_OF_AN_ID = 70
/** Events that carry one id of those that come in arrays, whatever the number of events: an access grant is a stay. */
const EVENTS_OF_A_GRANT = 20

/** How many different values a column has among `count` events. */
export function valuesOf(column: string, count: number): number {
  if (column === 'device_id') return DEVICES
  if (column === 'connected_account_id') return ACCOUNTS
  const share = shareOf(column)
  if (column.endsWith('_ids')) return Math.max(1, Math.floor((share * count) / EVENTS_OF_A_GRANT))
  return Math.max(1, Math.floor((share * FEW_EVENTS) / EVENTS_OF_AN_ID))
}

/** Value number n of a column: what SQL's `md5(column || n)` gives, as a UUID. */
export function valueOf(column: string, n: number): string {
  if (column === 'customer_key') return `customer-${n}`
  const hex = createHash('md5').update(`${column}${n}`).digest('hex')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

let shares: ReadonlyMap<string, number> | null = null

/** The part of the events that carry the column. */
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
