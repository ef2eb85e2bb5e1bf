import { beforeEach, describe, expect, test } from 'vitest'
import { secondLookSeconds } from '../../src/sessions/second-look.ts'
import { listSessionsByToken } from '../../src/store/sessions/list-sessions-by-token.ts'
import { queryTest } from '../support/query-test.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import { sampleSession, sha256 } from './sample-session.ts'
import { liveIds, sessionRows, startSync, syncRecord } from './sync-rig.ts'
import { listing, startUpstream } from './upstream.ts'

const { database, db } = await databaseOfThisFile()
beforeEach(() => database.empty())

const sessions = Array.from({ length: 4 }, () => sampleSession())
const states = async () => {
  const hashes = sessions.map(({ token }) => sha256(token).toString('hex'))
  const found = await listSessionsByToken(db, hashes)
  return hashes.map((hash) => found.get(hash)?.state ?? 'gone')
}
const all = (state: string) => sessions.map(() => state)
/** Changes the database as if this much time had passed since a listing lacked the sessions. */
const wait = (minutes: number) =>
  queryTest(
    db,
    'update client_sessions set unconfirmed_since = unconfirmed_since - make_interval(mins => $1)',
    [minutes],
  )

/** A sync that has copied all four; every five minutes, by its schedule. */
async function synced() {
  const upstream = await startUpstream()
  upstream.sessions = listing(...sessions)
  const start = () => startSync(db, upstream.url, { secondLookSeconds: secondLookSeconds('0 */5 * * * *') })
  const sync = await start()
  await sync.syncNow()
  expect(await states()).toEqual(all('live'))
  return { upstream, sync, start }
}

describe('E9: a listing that would delete most sessions at once', () => {
  test('is not believed: nothing is deleted, but their tokens open nothing, until a listing shows them again', async () => {
    const { upstream, sync } = await synced()
    const bodies = (await sessionRows(db)).map(({ body }) => body)
    upstream.sessions = listing()
    await sync.syncNow()
    await sync.syncNow()
    expect(await states()).toEqual(all('unconfirmed'))
    expect(await liveIds(db)).toHaveLength(4)
    expect(sync.status().lastCounts).toMatchObject({ listed: 0, vanished: 0, unconfirmed: 4 })
    expect(await syncRecord(db)).toMatchObject({ outcome: 'complete', listed: 0 })
    expect(sync.logs.filter((line) => line.includes('tokens are refused until'))).toHaveLength(1)

    upstream.sessions = listing(...sessions)
    await sync.syncNow()
    expect(await states()).toEqual(all('live'))
    expect((await sessionRows(db)).map(({ body }) => body)).toEqual(bodies)
    expect(sync.status().lastCounts).toMatchObject({ unconfirmed: 0 })
  })

  test('is believed when a second one says the same half an interval later, also to another process', async () => {
    const { upstream, sync, start } = await synced()
    upstream.sessions = listing()
    await sync.syncNow()
    await wait(2)
    await sync.syncNow()
    expect(await liveIds(db)).toHaveLength(4)
    await wait(1)
    await sync.stop()
    const successor = await start()
    await successor.syncNow()
    expect(await states()).toEqual(all('gone'))
    expect(await liveIds(db)).toEqual([])
    expect(await sessionRows(db)).toMatchObject(all('').map(() => ({ isDeleted: true, hasToken: false })))
  })

  test('has to come twice again for a session that was shown in between', async () => {
    const { upstream, sync } = await synced()
    upstream.sessions = listing()
    await sync.syncNow()
    await wait(10)
    upstream.sessions = listing(sessions[0] ?? null)
    await sync.syncNow()
    expect(await states()).toEqual(['live', 'gone', 'gone', 'gone'])
    upstream.sessions = listing()
    await sync.syncNow()
    expect(await states()).toEqual(['unconfirmed', 'gone', 'gone', 'gone'])
  })

  test('is believed when half of them are missing, because half is not most: they are deleted at once', async () => {
    const { upstream, sync } = await synced()
    upstream.sessions = listing(...sessions.slice(0, 2))
    await sync.syncNow()
    expect(await states()).toEqual(['live', 'live', 'gone', 'gone'])
    expect(sync.status().lastCounts).toMatchObject({ vanished: 2, unconfirmed: 0 })
  })

  test('is judged by the sessions that were known, without new ones', async () => {
    const { upstream, sync } = await synced()
    upstream.sessions = listing(...Array.from({ length: 9 }, () => sampleSession()))
    await sync.syncNow()
    expect(await states()).toEqual(all('unconfirmed'))
    expect(await liveIds(db)).toHaveLength(13)
  })

  test.each([
    ['0 */5 * * * *', 150],
    ['0 0 * * * *', 150],
    ['*/10 * * * * *', 5],
    ['* * * * * *', 0.5],
  ])('a second look is half an interval later, and 150 s at most: %s', (schedule, seconds) => {
    expect(secondLookSeconds(schedule)).toBe(seconds)
  })
})

test('E9, I10: a token stops working when the copy of its workspace is older than a day, and works again after a sync', async () => {
  const { sync } = await synced()
  const age = (hours: number) =>
    queryTest(db, 'update client_session_syncs set succeeded_at = now() - make_interval(hours => $1)', [
      hours,
    ])
  await age(23)
  expect(await states()).toEqual(all('live'))
  await age(25)
  expect(await states()).toEqual(all('stale'))
  await sync.syncNow()
  expect(await states()).toEqual(all('live'))
  await queryTest(db, 'delete from client_session_syncs')
  expect(await states()).toEqual(all('stale'))
})
