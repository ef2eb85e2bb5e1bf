import type { DeviceQuery } from '../../../src/store/devices/device-query.ts'
import { DEVICE_FACETS, DEVICE_FACTS, type DeviceFacet } from '../../../src/domain/device-facts.ts'
import type { ListedDevice, ToldState } from '../../../src/store/devices/list-devices.ts'

export interface DeviceEvent {
  event_id: string
  event_type: string
  created_at: string
  occurred_at?: string
  device_id: string
  connected_account_id?: string
  [field: string]: unknown
}

export interface DeviceName {
  id: string
  name: string
  connectedAccountId: string | null
  spaceIds: readonly string[]
}

/** What `listDevices` should answer, told plainly: by going through all events from the oldest to the newest. */
export function expectedDevices(
  all: readonly DeviceEvent[],
  allNames: readonly DeviceName[],
  query: Omit<DeviceQuery, 'workspaceId' | 'limit' | 'following'>,
): Omit<ListedDevice, 'position'>[] {
  const { visibility } = query
  const isVisible = (account: string | null | undefined) =>
    visibility.kind === 'all' || visibility.connectedAccountIds.includes(account ?? '')
  const visible = all.filter((event) => isVisible(event.connected_account_id))
  const names = allNames.filter((name) => isVisible(name.connectedAccountId))
  const ids = new Set([...visible.map((event) => event.device_id), ...names.map(({ id }) => id)])
  const devices = [...ids].map((deviceId) => {
    const events = visible.filter((event) => event.device_id === deviceId && isUntil(event, query.at))
    return deviceOf(
      deviceId,
      events,
      names.find(({ id }) => id === deviceId),
    )
  })
  const longestFirst = query.order === 'longest' ? 1 : -1
  return devices
    .filter((device) => isAsked(device, query, names))
    .toSorted((a, b) => {
      const [since, other] = [a.states.connection?.since, b.states.connection?.since]
      if (since === other) return a.deviceId < b.deviceId ? -1 : 1
      if (since === undefined || other === undefined) return since === undefined ? 1 : -1
      return since < other ? -longestFirst : longestFirst
    })
}

function isUntil({ created_at: createdAt }: DeviceEvent, at: bigint | null): boolean {
  return at === null || BigInt(Date.parse(createdAt)) * 1000n <= at
}

function isAsked(
  { deviceId, connectedAccountId, states, name }: Omit<ListedDevice, 'position'>,
  {
    connection,
    battery,
    isRemoved,
    connectedAccountId: account,
    deviceIds,
    spaceId,
    q,
  }: Partial<DeviceQuery>,
  names: readonly DeviceName[],
): boolean {
  const isNamed = q === undefined || name?.toLowerCase().includes(q.toLowerCase()) || deviceId === q
  if (!isNamed) return false
  const spaceIds = names.find(({ id }) => id === deviceId)?.spaceIds ?? []
  if (spaceId !== undefined && !spaceIds.includes(spaceId)) return false
  if (connection !== undefined && (states.connection?.state ?? 'unknown') !== connection) return false
  if (battery !== undefined && (states.battery?.state ?? 'unknown') !== battery) return false
  if (isRemoved !== undefined && (states.presence?.state === 'removed') !== isRemoved) return false
  if (account !== undefined && connectedAccountId !== account) return false
  return deviceIds === undefined || deviceIds.includes(deviceId)
}

function deviceOf(
  deviceId: string,
  events: readonly DeviceEvent[],
  named: DeviceName | undefined,
): Omit<ListedDevice, 'position'> {
  const states: ListedDevice['states'] = {}
  let connectedAccountId: string | null = null
  const oldestFirst = events.toSorted((a, b) =>
    a.created_at === b.created_at ? (a.event_id < b.event_id ? 1 : -1) : a.created_at < b.created_at ? -1 : 1,
  )
  for (const event of oldestFirst) {
    connectedAccountId = event.connected_account_id ?? connectedAccountId
    const fact = DEVICE_FACTS.find(({ eventType }) => eventType === event.event_type)
    if (fact === undefined) continue
    const told = toldBy(event, fact.facet, fact.state)
    const known = states[fact.facet]
    if (DEVICE_FACETS[fact.facet].since === 'newest' || known?.state !== told.state) states[fact.facet] = told
  }
  const last = oldestFirst.at(-1)
  return {
    deviceId,
    name: named?.name ?? null,
    connectedAccountId: connectedAccountId ?? named?.connectedAccountId ?? null,
    lastEvent:
      last === undefined
        ? null
        : {
            event_id: last.event_id,
            event_type: last.event_type,
            created_at: micros(last.created_at),
            occurred_at: last.occurred_at === undefined ? null : micros(last.occurred_at),
          },
    states,
  }
}

function toldBy(event: DeviceEvent, facet: DeviceFacet, state: string | null): ToldState {
  const { stateField, details } = DEVICE_FACETS[facet]
  const valueOf = (field: string, type: string): string | number | null => {
    const value = event[field]
    return typeof value === (type === 'number' ? 'number' : 'string') ? (value as string | number) : null
  }
  return {
    state: state ?? (stateField === null ? null : (valueOf(stateField, 'text') as string | null)),
    since: micros(event.created_at),
    occurred_at: event.occurred_at === undefined ? null : micros(event.occurred_at),
    event_id: event.event_id,
    details:
      details.length === 0
        ? null
        : Object.fromEntries(details.map(({ name, field, type }) => [name, valueOf(field, type)])),
  }
}

/** `2026-06-15T16:00:00.123Z` with the digits that Postgres keeps. */
function micros(time: string): string {
  return time.replace('Z', '000Z')
}
