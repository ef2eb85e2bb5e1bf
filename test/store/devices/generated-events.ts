import type { DeviceFilter, DeviceVisibility } from '../../../src/store/devices/device-query.ts'
import fc from 'fast-check'
import { DEVICE_FACTS } from '../../../src/domain/device-facts.ts'
import type { Db } from '../../../src/store/database.ts'
import { saveNames } from '../../../src/store/names/save-names.ts'
import type { DeviceEvent, DeviceName } from './expected-devices.ts'

const uuid = (kind: string, n: number) => `${kind.repeat(8)}-0000-4000-8000-${String(n).padStart(12, '0')}`
const devices = [0, 1, 2, 3].map((n) => uuid('d', n))
const accounts = [0, 1, 2].map((n) => uuid('c', n))

const spaces = [uuid('b', 0), uuid('b', 1)]
/** Of the last device, only the name is known. */
export const names: DeviceName[] = [
  { id: uuid('d', 0), name: 'Room 204', connectedAccountId: uuid('c', 0), spaceIds: spaces },
  { id: uuid('d', 1), name: 'Suite', connectedAccountId: uuid('c', 1), spaceIds: [spaces[0] as string] },
  { id: uuid('d', 9), name: 'room 2040', connectedAccountId: uuid('c', 0), spaceIds: [] },
]

export async function saveTheNames(db: Db, workspaceId: string): Promise<void> {
  await saveNames(
    db,
    { workspaceId, kind: 'device', askedAt: '2026-06-01T00:00:00Z' },
    names.map((name) => ({
      ...name,
      deviceType: null,
      manufacturer: null,
      deviceId: null,
      customMetadata: null,
    })),
  )
}

/** Few devices, few instants and many states, so that everything meets everything: ties, repeated states, devices that change accounts. */
export const event: fc.Arbitrary<Omit<DeviceEvent, 'event_id'>> = fc.record(
  {
    event_type: fc.constantFrom(...DEVICE_FACTS.map(({ eventType }) => eventType), 'access_code.created'),
    created_at: fc.nat(30).map((n) => `2026-06-15T16:00:${String(n).padStart(2, '0')}.000Z`),
    device_id: fc.constantFrom(...devices),
    occurred_at: fc.nat(30).map((n) => `2026-06-15T15:00:${String(n).padStart(2, '0')}.500Z`),
    connected_account_id: fc.constantFrom(...accounts),
    error_code: fc.constantFrom<unknown>('device_disconnected', 'hub_disconnected', 7),
    battery_status: fc.constantFrom<unknown>('low', 'critical', 'good', null),
    battery_level: fc.constantFrom<unknown>(0.07, 1, 'full'),
    method: fc.constantFrom('keycode', 'manual'),
    access_code_id: fc.constantFrom(uuid('a', 1)),
    note: fc.constantFrom('plain', 'NUL \0 here', 'half \ud83d', '\\\\u0000 \\', 'smile 😀'),
  },
  { requiredKeys: ['event_type', 'created_at', 'device_id'] },
)

export const visibility: fc.Arbitrary<DeviceVisibility> = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ kind: 'all' as const }) },
  fc.record({ kind: fc.constant('only' as const), connectedAccountIds: fc.subarray(accounts) }),
)

/** Mostly none, or one: two together leave hardly anything. */
export const filter: fc.Arbitrary<Partial<Omit<DeviceFilter, 'at' | 'workspaceId'>>> = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  fc.record({ deviceIds: fc.subarray(devices, { minLength: 1 }) }),
  fc.record({ connectedAccountId: fc.constantFrom(...accounts) }),
  fc.record({ spaceId: fc.constantFrom(...spaces) }),
  fc.record({ q: fc.constantFrom('204', 'ROOM', uuid('d', 2), 'nowhere') }),
  fc.record({ q: fc.constantFrom('room', 'suite'), connectedAccountId: fc.constantFrom(...accounts) }),
)
