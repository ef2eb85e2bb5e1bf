import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { EVENTS_ABOUT_NAMES } from '../../src/names/events-about-names.ts'
import { type DoneEvents, refreshNames } from '../../src/names/refresh-names.ts'
import { openSeamClient } from '../../src/seam/open-seam-client.ts'
import { RETRY_POLICY } from '../../src/seam/with-retries.ts'
import { simulatedEventTypes } from '../../src/simulated-seam/make-event.ts'
import { listNameSyncs } from '../../src/store/names/list-name-syncs.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import { type NameRig, rowsOfNames, startNames } from './name-rig.ts'

const { database, db } = await databaseOfThisFile()
beforeEach(() => database.empty())

const MINUTE = 60_000
/** An instant before (negative) or after the rig's listing, which was a moment ago. */
const fromNow = (ms: number) => new Date(Date.now() + ms).toISOString()

function event(rig: NameRig, type: string, fields: object): object {
  const created_at = fromNow(0)
  return {
    event_id: randomUUID(),
    workspace_id: rig.seam.workspaceId,
    event_type: type,
    created_at,
    ...fields,
  }
}

function lockOf(rig: NameRig) {
  const [lock] = rig.seam.hotel.locks
  if (!lock) throw new Error('The hotel has no lock.')
  return lock
}

const nameOf = async (rig: NameRig, id: string) => (await rig.names()).get(id)?.name

describe('an event about a name', () => {
  test('gives the name that it carries, without asking Seam', async () => {
    const rig = await startNames(db)
    const { deviceId } = lockOf(rig)
    const [code] = rig.seam.hotel.accessCodes
    const about = { access_code_id: code?.accessCodeId, from: { name: 'Guest 1' }, to: { name: 'Ms Smith' } }
    await rig.ingest(
      event(rig, 'device.name_changed', { device_id: deviceId, device_name: 'Suite 1' }),
      event(rig, 'access_code.name_changed', about),
    )
    await rig.lookNow()
    expect(await nameOf(rig, deviceId)).toBe('Suite 1')
    expect(await nameOf(rig, code?.accessCodeId ?? '')).toBe('Ms Smith')
    expect(rig.asked()).toEqual([])
  })

  test('that is the newest of several wins, in whatever order they arrive', async () => {
    const rig = await startNames(db)
    const { deviceId: device_id } = lockOf(rig)
    // Just after the listing, and before now.
    const [sync] = (await listNameSyncs(db, rig.seam.workspaceId)).filter(({ kind }) => kind === 'device')
    const listedAt = Date.parse(sync?.listedAt ?? '')
    const renamed = (device_name: string, ms: number) =>
      event(rig, 'device.name_changed', {
        device_id,
        device_name,
        created_at: new Date(listedAt + ms).toISOString(),
      })
    await rig.ingest(renamed('second', 2))
    await rig.lookNow()
    await rig.ingest(renamed('first', 1))
    await rig.lookNow()
    expect(await nameOf(rig, device_id)).toBe('second')
  })

  test('that is older than the listing does not count: Seam is asked, or nobody', async () => {
    const rig = await startNames(db)
    const { deviceId: device_id, name } = lockOf(rig)
    const renamed = (ms: number) =>
      event(rig, 'device.name_changed', { device_id, device_name: 'long ago', created_at: fromNow(ms) })
    await rig.ingest(renamed(-30 * MINUTE))
    await rig.lookNow()
    expect(rig.asked()).toEqual([])
    await rig.ingest(renamed(-30_000))
    await rig.lookNow()
    expect(rig.asked()).toEqual(['/devices/get'])
    expect(await nameOf(rig, device_id)).toBe(name)
  })

  test('of something new, or that may be gone, has Seam asked for that one thing, once', async () => {
    const rig = await startNames(db)
    const { hotel } = rig.seam
    const [gone] = hotel.accessCodes.splice(0, 1)
    const lock = lockOf(rig)
    const fresh = { ...lock, deviceId: randomUUID(), name: 'Room 400' }
    hotel.devices.push(fresh)
    await rig.ingest(
      event(rig, 'device.added', { device_id: fresh.deviceId }),
      event(rig, 'access_code.deleted', { access_code_id: gone?.accessCodeId }),
      event(rig, 'device.removed', { device_id: lock.deviceId }),
    )
    await rig.lookNow()
    expect(rig.asked().toSorted()).toEqual(['/access_codes/get', '/devices/get', '/devices/get'])
    const names = await rig.names()
    expect(names.get(fresh.deviceId)).toMatchObject({ name: 'Room 400', isGone: false })
    expect(names.get(gone?.accessCodeId ?? '')).toMatchObject({ name: gone?.name, isGone: true })
    expect(names.get(lock.deviceId)).toMatchObject({ isGone: false })
    await rig.lookNow()
    expect(rig.asked()).toEqual([])
  })

  test('is applied however many events from the future there are', async () => {
    const rig = await startNames(db)
    const { deviceId: device_id } = lockOf(rig)
    const renamed = (device_name: string, ms: number) =>
      event(rig, 'device.name_changed', { device_id, device_name, created_at: fromNow(ms) })
    await rig.ingest(...Array.from({ length: 300 }, (_, i) => renamed('of the future', (60 + i) * MINUTE)))
    await rig.ingest(renamed('Suite 1', 0))
    await rig.lookNow()
    expect(await nameOf(rig, device_id)).toBe('Suite 1')
  })

  test('is applied at a later look when Seam could not be asked', async () => {
    const rig = await startNames(db)
    const fresh = { ...lockOf(rig), deviceId: randomUUID(), name: 'Room 400' }
    rig.seam.hotel.devices.push(fresh)
    await rig.ingest(event(rig, 'device.added', { device_id: fresh.deviceId }))
    rig.seam.setFaults({ errorRate: 1 })
    await rig.lookNow()
    expect(await nameOf(rig, fresh.deviceId)).toBeUndefined()
    rig.seam.setFaults({ errorRate: 0 })
    await rig.lookNow()
    expect(await nameOf(rig, fresh.deviceId)).toBe('Room 400')
  })

  test('that Seam answers with something unusable keeps no other event from being applied', async () => {
    const rig = await startNames(db)
    const { workspaceId, url: endpoint, apiKey, hotel } = rig.seam
    const [bad, good] = ['Bad', 'Good'].map((name) => ({ ...lockOf(rig), deviceId: randomUUID(), name }))
    if (!bad || !good) throw new Error('There are two devices.')
    const [gone] = hotel.accessCodes.splice(0, 1)
    hotel.devices.push(bad, good)
    await rig.ingest(
      event(rig, 'device.added', { device_id: bad.deviceId }),
      event(rig, 'device.added', { device_id: good.deviceId }),
      event(rig, 'access_code.deleted', { access_code_id: gone?.accessCodeId }),
    )
    const seam = openSeamClient({
      endpoint,
      credentials: { kind: 'api_key', apiKey },
      timeoutMs: 120_000,
    })
    const asked: unknown[] = []
    const client: typeof seam = {
      ...seam,
      get: async (path, options) => {
        const answer = await seam.get(path, options)
        asked.push(options.params?.device_id)
        return options.params?.device_id === bad.deviceId
          ? { ...answer, body: { ok: true, device: {} } }
          : answer
      },
    }
    const waiting = { sleep: async () => {}, random: () => 0 }
    const tools = { db, client, workspaceId, retryPolicy: RETRY_POLICY, waiting }
    const done: DoneEvents = new Set()
    const look = () => refreshNames(tools, done, new AbortController().signal)
    await expect(look()).rejects.toThrow('without a device_id')
    expect((await rig.names()).get(gone?.accessCodeId ?? '')).toMatchObject({ isGone: true })
    expect(await nameOf(rig, good.deviceId)).toBe('Good')
    // The next look tries again what failed.
    asked.length = 0
    await expect(look()).rejects.toThrow('without a device_id')
    expect(asked).toContain(bad.deviceId)
    expect(asked).not.toContain(undefined)
  })

  test('moves devices and entrances between spaces', async () => {
    const rig = await startNames(db)
    const lock = lockOf(rig)
    const [space, other] = rig.seam.hotel.spaces
    other?.deviceIds.push(lock.deviceId)
    const about = { space_id: other?.spaceId, device_ids: [lock.deviceId], acs_entrance_ids: [] }
    await rig.ingest(event(rig, 'space.device_membership_changed', about))
    await rig.lookNow()
    const spaces = [space?.spaceId ?? '', other?.spaceId ?? ''].toSorted()
    expect((await rig.names()).get(lock.deviceId)?.spaceIds).toEqual(spaces)
  })

  test('I9: leaves nothing of a code behind', async () => {
    const rig = await startNames(db)
    const [code] = rig.seam.hotel.accessCodes
    const about = {
      access_code_id: code?.accessCodeId,
      from: { name: 'x' },
      to: { name: 'PIN 482913' },
      code: '482913',
    }
    await rig.ingest(event(rig, 'access_code.name_changed', about))
    await rig.lookNow()
    expect(await rowsOfNames(db)).not.toContain('482913')
  })
})

test('when many things are new at once, their kind is listed instead', async () => {
  const rig = await startNames(db)
  const lock = lockOf(rig)
  const fresh = Array.from({ length: 30 }, (_, i) => ({
    ...lock,
    deviceId: randomUUID(),
    name: `Room 4${i}`,
  }))
  rig.seam.hotel.devices.push(...fresh)
  await rig.ingest(...fresh.map(({ deviceId }) => event(rig, 'device.added', { device_id: deviceId })))
  await rig.lookNow()
  expect(rig.asked()).toEqual(['/devices/list'])
  expect(await nameOf(rig, fresh[29]?.deviceId ?? '')).toBe('Room 429')
})

test('only the replica that polls asks Seam', async () => {
  let isPolling = true
  let ticksOnStandby = 0
  const rig = await startNames(
    db,
    {},
    {
      lookSchedule: '* * * * * *',
      isPolling: () => {
        if (!isPolling) ticksOnStandby += 1
        return isPolling
      },
    },
  )
  isPolling = false
  // Waits for a look that may be under way.
  await rig.lookNow()
  await rig.ingest(event(rig, 'device.added', { device_id: lockOf(rig).deviceId }))
  await expect.poll(() => ticksOnStandby).toBeGreaterThan(1)
  expect(rig.asked()).toEqual([])
  isPolling = true
  await expect.poll(() => rig.asked()).toEqual(['/devices/get'])
})

test('every type that tells of a name is one of the contract', () => {
  const unknown = [...EVENTS_ABOUT_NAMES.keys()].filter((type) => !simulatedEventTypes.includes(type))
  expect(unknown).toEqual([])
})
