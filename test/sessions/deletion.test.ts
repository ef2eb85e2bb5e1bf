import { beforeEach, expect, test } from 'vitest'
import {
  claimSessionListing,
  SupersededListingError,
  underClaim,
} from '../../src/store/sessions/claim-session-listing.ts'
import { finishSessionListing } from '../../src/store/sessions/finish-session-listing.ts'
import { type DeletedSession, saveDeletedSessions } from '../../src/store/sessions/save-deleted-sessions.ts'
import { listSessionsByToken } from '../../src/store/sessions/list-sessions-by-token.ts'
import { queryTest } from '../support/query-test.ts'
import { readDatabaseClock } from '../../src/postgres/read-database-clock.ts'
import { saveListedSessions } from '../../src/store/sessions/save-listed-sessions.ts'
import { PART_SESSIONS } from '../../src/sessions/listing-part.ts'
import { readSession } from '../../src/sessions/read-session.ts'
import { WORKSPACE_ID } from '../support/sample-event.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import { applySessions } from './apply-sessions.ts'
import { sampleSession, sha256 } from './sample-session.ts'
import { SECRETS, liveIds, sessionRows, startSync } from './sync-rig.ts'
import { listing, startUpstream } from './upstream.ts'

const { database, db } = await databaseOfThisFile()
beforeEach(() => database.empty())

const session = sampleSession()
const id = session.client_session_id
const remove = (...ids: string[]) =>
  db.transaction().execute((trx) =>
    saveDeletedSessions(
      trx,
      ids.map((clientSessionId): DeletedSession => ({ workspaceId: WORKSPACE_ID, clientSessionId })),
    ),
  )

const find = async (token: string) => {
  const hash = sha256(token).toString('hex')
  return (await listSessionsByToken(db, [hash])).get(hash) ?? null
}

test('an event marks its session deleted at once, and its token is forgotten', async () => {
  await applySessions(db, SECRETS, [session])
  expect(await find(session.token)).toMatchObject({ clientSessionId: id })
  await remove(id.toUpperCase())
  expect(await sessionRows(db)).toMatchObject([{ id, isDeleted: true, hasToken: false }])
  expect(await find(session.token)).toBeNull()
})

test('a deletion event is no error for an unknown session, an impossible id, or a second time', async () => {
  await remove(id, id, '', 'x'.repeat(500), 'nul\0')
  await remove(id)
  expect(await sessionRows(db)).toMatchObject([{ id, isDeleted: true, body: null }])
  await remove()
})

test('a mark is undone with the transaction of its event', async () => {
  await applySessions(db, SECRETS, [session])
  const failing = db.transaction().execute(async (trx) => {
    await saveDeletedSessions(trx, [{ workspaceId: WORKSPACE_ID, clientSessionId: id }])
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
    if (isKnown) await applySessions(db, SECRETS, [session])
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

test('a deletion that waits for a part of a listing still wins', async () => {
  const claim = { workspaceId: WORKSPACE_ID, askedAt: await readDatabaseClock(db) }
  const read = readSession(JSON.stringify(session), Buffer.alloc(32), WORKSPACE_ID, SECRETS)
  if (read.kind === 'unusable') throw new Error(read.detail)
  let removing: Promise<void> | undefined
  await claimSessionListing(db, claim)
  await underClaim(db, claim, async (trx) => {
    await saveListedSessions(trx, claim, [read.session])
    removing = remove(id)
    await expect
      .poll(() => queryTest(db, "select from pg_locks where locktype = 'advisory' and not granted"))
      .toHaveLength(1)
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
      applySessions(db, SECRETS, some).catch((error: unknown) => {
        if (!(error instanceof SupersededListingError)) throw error
      }),
      remove(...ids.filter((_id, i) => i % 2 === round % 2)),
      remove(...ids.toReversed()),
    ])
  })
  await Promise.all(rounds)
  await applySessions(db, SECRETS, sessions)
  expect(await liveIds(db)).toHaveLength(60)
})

test("a replica's older listing does not undo a newer one", async () => {
  const [early, late] = [sampleSession(), sampleSession()]
  const askedAt = await readDatabaseClock(db)
  await applySessions(db, SECRETS, [early, late])
  await expect(applySessions(db, SECRETS, [early], { askedAt })).rejects.toThrow(SupersededListingError)
  expect(await liveIds(db)).toHaveLength(2)
})

test('E8: replicas that ask again and again do not keep each other from storing a long listing', async () => {
  const claim = { workspaceId: WORKSPACE_ID, askedAt: await readDatabaseClock(db) }
  await claimSessionListing(db, claim)
  await underClaim(db, claim, async () => {})
  await expect(applySessions(db, SECRETS, [session])).rejects.toThrow(SupersededListingError)
  await underClaim(db, claim, (trx) => finishSessionListing(trx, claim, { listed: 0, unusable: 0 }))
  await applySessions(db, SECRETS, [session])
  expect(await liveIds(db)).toEqual([id])
})

test.each([
  ['a while ago', "- interval '11 seconds'"],
  ['before the clock was set back', "+ interval '1 hour'"],
])('a listing whose last part was stored %s is broken off by the next one', async (_when, difference) => {
  const claim = { workspaceId: WORKSPACE_ID, askedAt: await readDatabaseClock(db) }
  await claimSessionListing(db, claim)
  await queryTest(db, `update client_session_syncs set part_stored_at = part_stored_at ${difference}`)
  await applySessions(db, SECRETS, [session])
  await expect(underClaim(db, claim, async () => {})).rejects.toThrow(SupersededListingError)
})

test('a listing that was claimed before the clock was set back keeps no other from being stored', async () => {
  await applySessions(db, SECRETS, [session])
  await queryTest(db, "update client_session_syncs set claimed_at = claimed_at + interval '1 hour'")
  await applySessions(db, SECRETS, [session, sampleSession()])
  expect(await liveIds(db)).toHaveLength(2)
})

test('a listing that fails in the middle lets the next one be stored at once', async () => {
  const stop = AbortSignal.abort(new Error('stopped'))
  await expect(applySessions(db, SECRETS, [session], { signal: stop })).rejects.toThrow('stopped')
  await applySessions(db, SECRETS, [session])
  expect(await liveIds(db)).toEqual([id])
})

test('E8: 3,000 sessions are stored in parts, found unchanged without being written, and marked deleted in parts', async () => {
  const sessions = Array.from({ length: 3_000 }, () => sampleSession())
  expect(await applySessions(db, SECRETS, sessions)).toMatchObject({ stored: 3_000 })
  expect(await liveIds(db)).toHaveLength(3_000)
  const versions = async () => (await sessionRows(db)).map(({ version }) => version)
  const before = await versions()
  // Each transaction has a number, which its rows show.
  expect(new Set(before.map((version) => version.split('(')[0])).size).toBe(3_000 / PART_SESSIONS)

  expect(await applySessions(db, SECRETS, sessions)).toMatchObject({ stored: 0, vanished: 0 })
  expect(await versions()).toEqual(before)

  await applySessions(db, SECRETS, sessions.slice(0, 1))
  expect(await applySessions(db, SECRETS, sessions.slice(0, 1))).toMatchObject({ stored: 0, vanished: 2_999 })
})
