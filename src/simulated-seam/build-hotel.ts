import { createClientSession } from './client-session.ts'
import type { ClientSession } from './client-session.ts'
import type {
  AccessCode,
  AccessGrant,
  AccessSystem,
  ConnectedAccount,
  Device,
  Hotel,
  Space,
} from './hotel.ts'
import type { Micros } from './instant.ts'
import type { Random } from './random.ts'

const rooms = ['101', '102', '103', '201', '202', '203', '301', '302', '303', 'Front Door', 'Garage', 'Spa']
const hourMicros = 3600 * 1_000_000

/** A small hotel: 12 locks, 4 thermostats, a noise sensor, a doorbell, and an access system of 6 entrances. */
export function buildHotel(workspaceId: string, random: Random, now: Micros): Hotel {
  const providers = ['august', 'schlage', 'ecobee', 'minut', 'salto_ks'] as const
  const accounts = providers.map((provider, index) => buildAccount(provider, index, random))
  const [august, schlage, ecobee, minut, salto] = accounts as [
    ConnectedAccount,
    ConnectedAccount,
    ConnectedAccount,
    ConnectedAccount,
    ConnectedAccount,
  ]
  const locks = rooms.map((room, index) =>
    buildDevice('lock', /^\d/.test(room) ? `Room ${room}` : room, index % 2 ? schlage : august, random),
  )
  const thermostats = ['Lobby', 'Restaurant', 'First Floor', 'Second Floor'].map((place) =>
    buildDevice('thermostat', `${place} Thermostat`, ecobee, random),
  )
  const noiseSensor = buildDevice('noise_sensor', 'Courtyard Sensor', minut, random)
  const doorbell = buildDevice('camera', 'Entrance Doorbell', august, random)
  const accessSystem = buildAccessSystem(salto, random)
  const hotel: Hotel = {
    workspaceId,
    accounts,
    locks,
    thermostats,
    noiseSensor,
    doorbell,
    devices: [...locks, ...thermostats, noiseSensor, doorbell],
    phoneIds: uuids(2, random),
    accessCodes: Array.from({ length: 24 }, (_, index) => buildAccessCode(locks, index, random)),
    accessSystem,
    accessGrants: Array.from({ length: 5 }, (_, index) => buildGrant(index, random)),
    spaces: ['floor_1', 'floor_2', 'floor_3'].map((key, index) =>
      buildSpace(key, locks.slice(index * 3, index * 3 + 3), accessSystem, random),
    ),
    userIdentityIds: uuids(6, random),
    clientSessions: [],
  }
  hotel.clientSessions = Array.from({ length: 6 }, (_, index) =>
    buildClientSession(hotel, index, now - (48 - index * 7) * hourMicros, random),
  )
  return hotel
}

/** Session number n. Every third session has no identifier key, every fourth no webview, every fifth no identity. */
export function buildClientSession(hotel: Hotel, number: number, at: Micros, random: Random): ClientSession {
  const account = random.pick(hotel.accounts)
  const owner = {
    workspaceId: hotel.workspaceId,
    userIdentifierKey: number % 3 === 2 ? null : `guest_${number + 1}`,
    userIdentityId: number % 5 === 4 ? undefined : random.pick(hotel.userIdentityIds),
    customerKey: account.customerKey,
    connectedAccountIds: [account.connectedAccountId],
    connectWebviewIds: number % 4 === 3 ? [] : [account.connectWebviewId],
    deviceCount: hotel.devices.filter((device) => device.account === account).length,
  }
  return createClientSession(owner, at, random)
}

/** Makes a code on one of the locks. One code in four was made at the lock and is not managed by Seam. */
export function buildAccessCode(locks: readonly Device[], number: number, random: Random): AccessCode {
  return {
    accessCodeId: random.uuid(),
    lock: random.pick(locks),
    name: `Guest ${number + 1}`,
    code: random.pin(),
    isManaged: number % 4 !== 3,
  }
}

function buildAccount(
  provider: ConnectedAccount['provider'],
  index: number,
  random: Random,
): ConnectedAccount {
  return {
    connectedAccountId: random.uuid(),
    provider,
    connectWebviewId: random.uuid(),
    customerKey: index % 2 ? undefined : `hotel_group_${index + 1}`,
    customMetadata: index % 2 ? {} : { property: 'Simulated Hotel', is_owned: true },
  }
}

function buildDevice(kind: Device['kind'], name: string, account: ConnectedAccount, random: Random): Device {
  return {
    deviceId: random.uuid(),
    kind,
    name,
    account,
    customMetadata: random.chance(0.5) ? { cleaned_by: random.pick(['morning', 'evening']) } : {},
    batteryLevel: random.integer(40, 100) / 100,
    celsius: random.integer(18, 24),
  }
}

function buildAccessSystem(account: ConnectedAccount, random: Random): AccessSystem {
  return {
    acsSystemId: random.uuid(),
    account,
    entranceIds: uuids(6, random),
    userIds: uuids(8, random),
    credentialIds: uuids(8, random),
    encoderIds: uuids(2, random),
    accessGroupIds: uuids(3, random),
  }
}

function buildGrant(index: number, random: Random): AccessGrant {
  return {
    accessGrantId: random.uuid(),
    accessGrantKey: `reservation_${index + 1}`,
    accessMethodIds: uuids(2, random),
  }
}

function buildSpace(key: string, locks: readonly Device[], system: AccessSystem, random: Random): Space {
  return {
    spaceId: random.uuid(),
    spaceKey: key,
    deviceIds: locks.map((lock) => lock.deviceId),
    entranceIds: [random.pick(system.entranceIds)],
  }
}

function uuids(count: number, random: Random): string[] {
  return Array.from({ length: count }, () => random.uuid())
}
