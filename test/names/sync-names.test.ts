import { beforeEach, describe, expect, test } from 'vitest'
import { KIND_SOURCES } from '../../src/names/kinds.ts'
import { NAME_KINDS } from '../../src/domain/name-kinds.ts'
import type { Faults, Gateway } from '../../src/simulated-seam/start-simulated-seam.ts'
import { listNameSyncs } from '../../src/store/names/list-name-syncs.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import { type NameRig, rowsOfNames, startNames } from './name-rig.ts'

const { database, db } = await databaseOfThisFile()
beforeEach(() => database.empty())

type Body = Record<string, unknown> & { devices: Record<string, unknown>[]; pagination?: unknown }

/** Changes the answers of the list of devices. */
function devicesAnswer(change: (body: Body, cursor: unknown) => unknown): Gateway {
  return ({ path, params }, answer) => {
    if (path !== '/devices/list' || answer.status !== 200) return answer
    const body = change(JSON.parse(answer.body) as Body, params.page_cursor)
    return body === 'cut-off' ? 'cut-off' : { ...answer, body: JSON.stringify(body) }
  }
}

async function namesOfDevices(rig: NameRig) {
  return [...(await rig.names()).values()].filter(({ kind }) => kind === 'device')
}

const syncOf = async (rig: NameRig, kind = 'device') =>
  (await listNameSyncs(db, rig.seam.workspaceId)).find((sync) => sync.kind === kind)

describe('a listing of names', () => {
  test('copies all nine kinds, and only names and a few fields of them', async () => {
    const rig = await startNames(db)
    const { hotel } = rig.seam
    const names = await rig.names()
    expect([...KIND_SOURCES.keys()].toSorted()).toEqual(Object.keys(NAME_KINDS).toSorted())
    expect(new Set([...names.values()].map(({ kind }) => kind))).toEqual(new Set(KIND_SOURCES.keys()))
    expect(names.size).toBe(
      hotel.accounts.length + hotel.devices.length + hotel.accessCodes.length + hotel.spaces.length +
        hotel.userIdentityIds.length + 1 + 6 + 8 + 8,
    ) // prettier-ignore
    const [lock] = hotel.locks
    expect(names.get(lock?.deviceId ?? '')).toMatchObject({
      name: 'Room 101',
      deviceType: 'august_lock',
      manufacturer: 'August',
      connectedAccountId: lock?.account.connectedAccountId,
      spaceIds: [hotel.spaces[0]?.spaceId],
      isGone: false,
    })
    const [code] = hotel.accessCodes
    expect(names.get(code?.accessCodeId ?? '')).toMatchObject({
      name: 'Guest 1',
      connectedAccountId: code?.lock.account.connectedAccountId,
    })
    expect(await listNameSyncs(db, rig.seam.workspaceId)).toHaveLength(9)
  })

  test('I9: never stores a code, not even one that stands in a name', async () => {
    const rig = await startNames(db)
    const codes = rig.seam.hotel.accessCodes
    const [first, second, third] = codes
    if (!first || !second || !third) throw new Error('The hotel has too few codes.')
    Object.assign(first, { name: first.code })
    Object.assign(second, { name: `Smith, PIN ${second.code}` })
    Object.assign(third, { name: 'Smith' })
    await rig.syncNow()
    const names = await rig.names()
    expect(codes.slice(0, 3).map(({ accessCodeId }) => names.get(accessCodeId)?.name)).toEqual([
      '****',
      '****',
      'Smith',
    ])
    const rows = await rowsOfNames(db)
    for (const { code } of codes) expect(rows).not.toMatch(new RegExp(`\\b${code}\\b`))
    expect(rig.logs.join('')).not.toContain('Smith')
  })

  test.each([1, 3, 7])('follows pages that the server caps at %i', async (listPageCap) => {
    const rig = await startNames(db, { listPageCap })
    const devices = await namesOfDevices(rig)
    expect(devices.map(({ id }) => id).toSorted()).toEqual(
      rig.seam.hotel.devices.map(({ deviceId }) => deviceId).toSorted(),
    )
    expect(await syncOf(rig)).toMatchObject({ lastOutcome: 'complete', listed: devices.length })
  })

  test('writes nothing when nothing has changed', async () => {
    const rig = await startNames(db)
    const before = await rowsOfNames(db)
    await rig.syncNow()
    expect(await rowsOfNames(db)).toEqual(before)
  })

  test('marks what vanished as gone with its last name, and takes it back', async () => {
    const rig = await startNames(db)
    const [lock] = rig.seam.hotel.devices.splice(0, 1)
    if (!lock) throw new Error('The hotel has no lock.')
    await rig.syncNow()
    expect((await rig.names()).get(lock.deviceId)).toMatchObject({ name: lock.name, isGone: true })
    lock.name = 'Room 999'
    rig.seam.hotel.devices.push(lock)
    await rig.syncNow()
    expect((await rig.names()).get(lock.deviceId)).toMatchObject({ name: 'Room 999', isGone: false })
  })
})

describe('a listing that may not be the whole changes nothing of its kind, and says why', () => {
  const id = (body: Body) => ({ ...body.devices[0], device_id: 'no uuid' })
  test.each<[string, Partial<Faults>, RegExp]>([
    ['an error 500', { errorRate: 1 }, /500/],
    ['a gateway', { badGatewayRate: 1 }, /502/],
    ['HTML', { htmlRate: 1 }, /not JSON/],
    ['broken JSON', { invalidJsonRate: 1 }, /not JSON/],
    ['a cut answer', { truncateRate: 1 }, /did not answer/],
    ['a broken connection', { resetRate: 1 }, /did not answer/],
    ['a rate limit', { rateLimitRate: 1, retryAfter: '1' }, /429/],
    ['refused credentials', { rejectCredentials: true }, /does not accept the credentials/],
    [
      'no list',
      { gateway: devicesAnswer((body) => ({ ...body, devices: undefined })) },
      /without a list of devices/,
    ],
    [
      'an object for a list',
      { gateway: devicesAnswer((body) => ({ ...body, devices: {} })) },
      /without a list/,
    ],
    [
      'no pagination',
      { gateway: devicesAnswer((body) => ({ ...body, pagination: undefined })) },
      /whether there are more/,
    ],
    [
      'more pages without a cursor',
      {
        gateway: devicesAnswer((body) => ({
          ...body,
          pagination: { has_next_page: true, next_page_cursor: null },
        })),
      },
      /where the next page begins/,
    ],
    [
      'a cursor that leads back',
      {
        gateway: devicesAnswer((body) => ({
          ...body,
          pagination: { has_next_page: true, next_page_cursor: 'WyIvZGV2aWNlcyIsMF0=' },
        })),
      },
      /the same page/,
    ],
    [
      'pages that go round in a circle',
      {
        gateway: devicesAnswer((body, cursor) => ({
          ...body,
          pagination: {
            has_next_page: true,
            next_page_cursor:
              cursor === 'WyIvZGV2aWNlcyIsMF0=' ? 'WyIvZGV2aWNlcyIsMV0=' : 'WyIvZGV2aWNlcyIsMF0=',
          },
        })),
      },
      /circle/,
    ],
    [
      'pages that never end and have nothing new',
      {
        gateway: devicesAnswer((body, cursor) => {
          const [, page] = JSON.parse(
            Buffer.from(typeof cursor === 'string' ? cursor : 'WyIvZGV2aWNlcyIsMF0=', 'base64').toString(),
          ) as [string, number]
          const next = Buffer.from(JSON.stringify(['/devices', page + 1])).toString('base64')
          return { ...body, pagination: { has_next_page: true, next_page_cursor: next } }
        }),
      },
      /nothing new/,
    ],
    [
      'a second page that fails',
      { listPageCap: 10, gateway: devicesAnswer((body, cursor) => (cursor ? 'cut-off' : body)) },
      /did not answer/,
    ],
    [
      'a second page that is malformed',
      { listPageCap: 10, gateway: devicesAnswer((body, cursor) => (cursor ? { ok: true } : body)) },
      /without a list/,
    ],
    [
      'an item that is null',
      { gateway: devicesAnswer((body) => ({ ...body, devices: [...body.devices, null] })) },
      /without a device_id/,
    ],
    [
      'an item with an id that is none',
      { gateway: devicesAnswer((body) => ({ ...body, devices: [...body.devices, id(body)] })) },
      /without a device_id/,
    ],
    [
      'an item of another workspace',
      {
        gateway: devicesAnswer((body) => ({
          ...body,
          devices: body.devices.map((one) => ({ ...one, workspace_id: one.device_id })),
        })),
      },
      /another workspace/,
    ],
  ])('%s', async (_title, faults, reason) => {
    const rig = await startNames(db)
    const before = await namesOfDevices(rig)
    for (const device of rig.seam.hotel.devices) device.name += ' renamed'
    rig.seam.hotel.devices.splice(0, 1)
    rig.seam.setFaults(faults)
    await rig.syncNow()
    expect(await namesOfDevices(rig)).toEqual(before)
    expect(await syncOf(rig)).toMatchObject({
      lastOutcome: 'failed',
      lastError: expect.stringMatching(reason) as string,
      failures: 1,
      listed: before.length,
    })
    expect(rig.logs.join('')).not.toContain('renamed')

    rig.seam.setFaults({
      ...Object.fromEntries(Object.keys(faults).map((name) => [name, 0])),
      rejectCredentials: false,
      gateway: null,
      listPageCap: 500,
    })
    await rig.syncNow()
    expect((await namesOfDevices(rig)).filter(({ name }) => name?.endsWith(' renamed'))).toHaveLength(
      before.length - 1,
    )
    expect(await syncOf(rig)).toMatchObject({ lastOutcome: 'complete', lastError: null, failures: 0 })
  })

  test('and the other kinds are copied all the same', async () => {
    const rig = await startNames(db, { gateway: devicesAnswer(() => ({ ok: true })) })
    const kinds = new Set([...(await rig.names()).values()].map(({ kind }) => kind))
    expect(kinds.size).toBe(8)
    expect(await syncOf(rig)).toMatchObject({ lastOutcome: 'failed', lastSuccessAt: null, listed: null })
    expect(await syncOf(rig, 'space')).toMatchObject({ lastOutcome: 'complete' })
  })

  test('credentials of another workspace: nothing is asked for', async () => {
    const rig = await startNames(db)
    const before = await rig.names()
    rig.asked()
    rig.seam.setFaults({
      gateway: ({ path }, answer) =>
        path === '/workspaces/get'
          ? {
              ...answer,
              body: answer.body.replaceAll(rig.seam.workspaceId, 'bbbbbbbb-0000-4000-8000-000000000002'),
            }
          : answer,
    })
    await rig.syncNow()
    expect(rig.asked()).toEqual([])
    expect(await rig.names()).toEqual(before)
    expect(await syncOf(rig)).toMatchObject({
      lastOutcome: 'failed',
      lastError: expect.stringContaining('credentials are for workspace') as string,
    })
  })
})
