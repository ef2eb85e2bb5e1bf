/**
 * What events tell about a device. The state of a device is what the newest event of each facet says; SQL derives it from this table
 * (store/devices). Nothing is concluded from silence: before the first event of a facet, it is unknown.
 *
 * Source: contract, 12.6; the values are those of Seam's own types. An account that is disconnected needs no row, because Seam then also
 * sends `device.disconnected` for each of its devices, with the account's error code.
 */
export interface DeviceFact {
  eventType: string
  facet: DeviceFacet
  /** Null: a field of the event says it (`DEVICE_FACETS`). */
  state: string | null
}

export type DeviceFacet = 'connection' | 'battery' | 'lock' | 'presence'

/** A field of the event that tells more about the state. */
export interface DeviceDetail {
  name: string
  field: string
  /** `id`: the column of that name holds it, and only when it is a UUID. A value of another type counts as missing. */
  type: 'text' | 'number' | 'id'
}

interface FacetRules {
  /**
   * `change`: the state holds since the first of the events that said the same without another in between. `newest`: since the newest
   * event, because each lock is one of its own and each battery level a new one.
   */
  since: 'change' | 'newest'
  /** The field that says the state when the type does not. */
  stateField: string | null
  details: readonly DeviceDetail[]
}

export const DEVICE_FACETS: Readonly<Record<DeviceFacet, FacetRules>> = {
  connection: {
    since: 'change',
    stateField: null,
    details: [{ name: 'cause', field: 'error_code', type: 'text' }],
  },
  battery: {
    since: 'newest',
    stateField: 'battery_status',
    details: [{ name: 'level', field: 'battery_level', type: 'number' }],
  },
  lock: {
    since: 'newest',
    stateField: null,
    details: [
      { name: 'method', field: 'method', type: 'text' },
      { name: 'access_code_id', field: 'access_code_id', type: 'id' },
      { name: 'user_identity_id', field: 'user_identity_id', type: 'id' },
    ],
  },
  presence: { since: 'change', stateField: null, details: [] },
}

export const DEVICE_FACTS: readonly DeviceFact[] = [
  { eventType: 'device.connected', facet: 'connection', state: 'connected' },
  { eventType: 'device.unmanaged.connected', facet: 'connection', state: 'connected' },
  { eventType: 'device.connection_stabilized', facet: 'connection', state: 'connected' },
  { eventType: 'device.disconnected', facet: 'connection', state: 'disconnected' },
  { eventType: 'device.unmanaged.disconnected', facet: 'connection', state: 'disconnected' },
  { eventType: 'device.connection_became_flaky', facet: 'connection', state: 'flaky' },
  { eventType: 'device.battery_status_changed', facet: 'battery', state: null },
  { eventType: 'device.low_battery', facet: 'battery', state: 'low' },
  { eventType: 'lock.locked', facet: 'lock', state: 'locked' },
  { eventType: 'lock.unlocked', facet: 'lock', state: 'unlocked' },
  { eventType: 'device.added', facet: 'presence', state: 'present' },
  { eventType: 'device.removed', facet: 'presence', state: 'removed' },
  { eventType: 'device.deleted', facet: 'presence', state: 'removed' },
]

/**
 * What begins an outage, `out`, and what ends it, `over`: an event that tells another connection, or the device's removal. A device that
 * was removed is not waited for.
 */
export const OUTAGE_FACTS: readonly { eventType: string; state: 'out' | 'over' }[] = DEVICE_FACTS.filter(
  ({ facet, state }) => facet === 'connection' || state === 'removed',
).map(({ eventType, state }) => ({ eventType, state: state === 'disconnected' ? 'out' : 'over' }))

/** Longest state or detail that is shown. The longest known has 20 characters; a longer one counts as missing. */
export const FACT_LENGTH = 200
