import { beforeEach, expect, test } from 'vitest'
import { type DeletedSession, markSessionsDeleted } from '../../src/store/mark-sessions-deleted.ts'
import { findSessionsByToken } from '../../src/store/find-sessions-by-token.ts'
import { readDatabaseClock } from '../../src/store/read-database-clock.ts'
import { type SessionListing, storeSessionListing } from '../../src/store/store-session-listing.ts'
import { readListing } from '../../src/sessions/read-listing.ts'
import { WORKSPACE_ID } from '../support/sample-event.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import { sampleSession, sha256 } from './sample-session.ts'
import { KEYRING, liveIds, sessionRows, startSync } from './sync-rig.ts'
import { listing, startUpstream } from './upstream.ts'

const { database, db } = await databaseOfThisFile()
beforeEach(() => database.empty())

const session = sampleSession()
const id = session.client_session_id
const remove = (...ids: string[]) =>
  db.transaction().execute((trx) =>
    markSessionsDeleted(
      trx,
      ids.map((clientSessionId): DeletedSession => ({ workspaceId: WORKSPACE_ID, clientSessionId })),
    ),
  )
const store = (listed: SessionListing) => db.transaction().execute((trx) => storeSessionListing(trx, listed))
const listingOf = async (sessions: readonly object[], askedAt?: string): Promise<SessionListing> => ({
  workspaceId: WORKSPACE_ID,
  askedAt: askedAt ?? (await readDatabaseClock(db)),
  sessions: await readListing(
    sessions.map((one) => JSON.stringify(one)),
    WORKSPACE_ID,
    KEYRING,
  ),
})

const find = async (token: string) => {
  const hash = sha256(token).toString('hex')
  return (await findSessionsByToken(db, [hash])).get(hash) ?? null
}

test('an event marks its session deleted at once, and its token is forgotten', async () => {
  await store(await listingOf([session]))
  expect(await find(session.token)).toMatchObject({ clientSessionId: id })
  await remove(id.toUpperCase())
  expect(await sessionRows(db)).toMatchObject([{ id, isDeleted: true, hasToken: false }])
  expect(await find(session.token)).toBeNull()
})

test('the event of a session that was never seen, or twice, or of no possible session, is no error', async () => {
  await remove(id, id, '', 'x'.repeat(500), 'nul\0')
  await remove(id)
  expect(await sessionRows(db)).toMatchObject([{ id, isDeleted: true, body: null }])
  await remove()
})

test('a mark is undone with the transaction of its event', async () => {
  await store(await listingOf([session]))
  const failing = db.transaction().execute(async (trx) => {
    await markSessionsDeleted(trx, [{ workspaceId: WORKSPACE_ID, clientSessionId: id }])
    throw new Error('the event could not be stored')
  })
  await expect(failing).rejects.toThrow('the event')
  expect(await liveIds(db)).toEqual([id])
})

test.each([
  ['was known', true],
  ['was never seen', false],
])(
  'a listing asked for before a deletion and stored after it does not bring the session back, when it %s',
  async (_title, isKnown) => {
    if (isKnown) await store(await listingOf([session]))
    const upstream = await startUpstream()
    upstream.sessions = (response) => {
      // Seam has answered; before the answer is here, the session is deleted and its event arrives.
      void remove(id).then(() => response.end(listing(session)))
    }
    const sync = await startSync(db, upstream.url)
    await expect.poll(() => sync.status().lastSuccessAt).not.toBeNull()
    expect(await sessionRows(db)).toMatchObject([{ id, isDeleted: true, hasToken: false }])

    upstream.sessions = listing(session)
    await sync.syncNow()
    expect(await liveIds(db)).toEqual([id])
  },
)

test('a deletion that waits for the transaction of a listing comes out on top', async () => {
  const listed = await listingOf([session])
  let removing: Promise<void> | undefined
  await db.transaction().execute(async (trx) => {
    await storeSessionListing(trx, listed)
    removing = remove(id)
    await expect
      .poll(() => db.selectFrom('client_sessions').select('client_session_id').execute())
      .toEqual([])
  })
  await removing
  expect(await liveIds(db)).toEqual([])
})

test('listings and batches of deletions at the same time do not deadlock', async () => {
  const sessions = Array.from({ length: 60 }, (_, i) => sampleSession({ client_session_id: `s${i}` }))
  const ids = sessions.map((one) => one.client_session_id)
  const rounds = Array.from({ length: 15 }, async (_, round) => {
    const some = sessions.filter((_one, i) => i % 3 !== round % 3)
    await Promise.all([
      store(await listingOf(some)),
      remove(...ids.filter((_id, i) => i % 2 === round % 2)),
      remove(...ids.toReversed()),
    ])
  })
  await Promise.all(rounds)
  await store(await listingOf(sessions))
  expect(await liveIds(db)).toHaveLength(60)
})

test("a replica's older listing does not undo a newer one", async () => {
  const [early, late] = [sampleSession(), sampleSession()]
  const old = await listingOf([early])
  await store(await listingOf([early, late]))
  expect(await store(old)).toEqual({ isNewest: false, stored: 0, vanished: 0 })
  expect(await liveIds(db)).toHaveLength(2)
})

test('10,000 sessions are stored, found unchanged, and marked deleted', async () => {
  const sessions = Array.from({ length: 10_000 }, () => sampleSession())
  const upstream = await startUpstream()
  upstream.sessions = listing(...sessions)
  const sync = await startSync(db, upstream.url)
  await sync.syncNow()
  expect(await liveIds(db)).toHaveLength(10_000)
  const versions = async () => (await sessionRows(db)).map(({ version }) => version)
  const before = await versions()

  await sync.syncNow()
  expect(await versions()).toEqual(before)
  expect(sync.status().lastCounts).toMatchObject({ listed: 10_000, stored: 0, vanished: 0 })

  upstream.sessions = listing(...sessions.slice(0, 1))
  await sync.syncNow()
  expect(sync.status().lastCounts).toMatchObject({ listed: 1, stored: 0, vanished: 9_999 })
})
