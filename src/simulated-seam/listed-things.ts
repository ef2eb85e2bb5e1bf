import type { ConnectedAccount, Device, Hotel } from './hotel.ts'

/** One kind of things that the API lists. */
export interface ThingList {
  /** Below it are `/list` and `/get`. */
  path: string
  /** The name of one thing in the answer of `/get`; its id is the field of this name with `_id`. */
  one: string
  /** The name of the array in the answer of `/list`. */
  many: string
  /** False for a list that comes in one piece (openapi: only access systems). */
  isPaged: boolean
  /** Written with the fields that the API description requires and a client of names may read. */
  things: (hotel: Hotel) => Record<string, unknown>[]
}

const providerNames = {
  august: 'August',
  schlage: 'Schlage',
  ecobee: 'ecobee',
  minut: 'Minut',
  salto_ks: 'Salto KS',
}
const deviceTypes = { lock: 'lock', thermostat: 'thermostat', noise_sensor: 'sensor', camera: 'doorbell' }
const entranceNames = ['Main Entrance', 'Staff Entrance', 'Parking', 'Pool', 'Gym', 'Conference Room']
const people = ['Ada Brandt', 'Ben Okafor', 'Carla Ruiz', 'Dmitri Volkov', 'Emi Tanaka', 'Farah Aziz', 'Gil Moreau', 'Hana Novak'] // prettier-ignore
const created_at = '2025-01-01T00:00:00.000Z'

/** All lists of things that have names. The things are those that the workspace's events are about. */
export const thingLists: readonly ThingList[] = [
  list('/connected_accounts', 'connected_account', ({ accounts }) => accounts.map(account)),
  list('/devices', 'device', (hotel) => hotel.devices.map((one) => device(one, hotel))),
  list('/access_codes', 'access_code', accessCodes),
  list('/spaces', 'space', (hotel) =>
    hotel.spaces.map(({ spaceId, spaceKey, deviceIds, entranceIds }, index) => ({
      space_id: spaceId,
      space_key: spaceKey,
      name: `Floor ${index + 1}`,
      display_name: `Floor ${index + 1}`,
      device_count: deviceIds.length,
      acs_entrance_count: entranceIds.length,
    })),
  ),
  {
    ...list('/user_identities', 'user_identity', ({ userIdentityIds }) =>
      userIdentityIds.map((id, index) => ({
        user_identity_id: id,
        user_identity_key: null,
        full_name: personOf(index),
        display_name: personOf(index),
        email_address: null,
        phone_number: null,
        acs_user_ids: [],
      })),
    ),
    many: 'user_identities',
  },
  {
    ...list('/acs/systems', 'acs_system', ({ accessSystem }) => [
      {
        acs_system_id: accessSystem.acsSystemId,
        connected_account_id: accessSystem.account.connectedAccountId,
        name: 'Hotel Access System',
      },
    ]),
    isPaged: false,
  },
  list('/acs/entrances', 'acs_entrance', (hotel) =>
    hotel.accessSystem.entranceIds.map((id, index) => ({
      ...ofSystem(hotel),
      acs_entrance_id: id,
      display_name: entranceNames[index] ?? `Entrance ${index + 1}`,
      space_ids: hotel.spaces.filter((space) => space.entranceIds.includes(id)).map(({ spaceId }) => spaceId),
    })),
  ),
  list('/acs/users', 'acs_user', (hotel) =>
    hotel.accessSystem.userIds.map((id, index) => ({
      ...ofSystem(hotel),
      acs_user_id: id,
      full_name: personOf(index),
      display_name: personOf(index),
    })),
  ),
  list('/acs/credentials', 'acs_credential', (hotel) =>
    hotel.accessSystem.credentialIds.map((id, index) => ({
      ...ofSystem(hotel),
      acs_credential_id: id,
      display_name: `Card of ${personOf(index)}`,
      access_method: 'card',
      card_number: String(90_000 + index),
    })),
  ),
]

function list(path: string, one: string, things: ThingList['things']): ThingList {
  const complete = (hotel: Hotel) =>
    things(hotel).map((thing) => ({
      workspace_id: hotel.workspaceId,
      created_at,
      errors: [],
      warnings: [],
      ...thing,
    }))
  return { path, one, many: `${one}s`, isPaged: true, things: complete }
}

function account({
  connectedAccountId,
  provider,
  customMetadata,
}: ConnectedAccount): Record<string, unknown> {
  return {
    connected_account_id: connectedAccountId,
    account_type: provider,
    account_type_display_name: providerNames[provider],
    display_name: `${providerNames[provider]} of the hotel`,
    automatically_manage_new_devices: true,
    custom_metadata: customMetadata,
  }
}

function device(
  { deviceId, kind, name, account: owner, customMetadata }: Device,
  { spaces }: Hotel,
): Record<string, unknown> {
  const { provider, connectedAccountId } = owner
  return {
    device_id: deviceId,
    device_type: `${provider}_${deviceTypes[kind]}`,
    device_manufacturer: { display_name: providerNames[provider], manufacturer: provider },
    display_name: name,
    connected_account_id: connectedAccountId,
    space_ids: spaces.filter(({ deviceIds }) => deviceIds.includes(deviceId)).map(({ spaceId }) => spaceId),
    custom_metadata: customMetadata,
    is_managed: true,
    properties: { name, online: true, manufacturer: provider },
    capabilities_supported: [],
  }
}

/** Also those that Seam does not manage, whose names the real list does not have: events of the hotel name them. */
function accessCodes({ accessCodes: codes }: Hotel): Record<string, unknown>[] {
  return codes.map(({ accessCodeId, lock, name, code, isManaged }) => ({
    access_code_id: accessCodeId,
    device_id: lock.deviceId,
    name,
    code,
    type: 'ongoing',
    status: 'set',
    is_managed: isManaged,
  }))
}

function ofSystem({ accessSystem }: Hotel): Record<string, unknown> {
  const { acsSystemId, account: owner } = accessSystem
  return { acs_system_id: acsSystemId, connected_account_id: owner.connectedAccountId }
}

function personOf(index: number): string {
  return people[index] ?? `Person ${index + 1}`
}
