import { expect, test } from 'vitest'
import { createLogger } from '../../src/observability/create-logger.ts'
import { applyListing } from '../../src/sessions/apply-listing.ts'
import { PART_SESSIONS } from '../../src/sessions/listing-part.ts'
import { readListing } from '../../src/sessions/read-listing.ts'
import { readDatabaseClock } from '../../src/postgres/read-database-clock.ts'
import { queryTest } from '../support/query-test.ts'
import { WORKSPACE_ID } from '../support/sample-event.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import { applySessions } from './apply-sessions.ts'
import { sampleSession } from './sample-session.ts'
import { SECRETS, liveIds, startSync } from './sync-rig.ts'
import { type Answer, listing, startUpstream } from './upstream.ts'

const { db } = await databaseOfThisFile()

/** Counts work, and knows the most work that was done in one turn of the event loop. */
function countTurns() {
  let inThisTurn = 0
  let most = 0
  let isOver = false
  const turn = (): void => {
    inThisTurn = 0
    if (!isOver) setImmediate(turn)
  }
  turn()
  return {
    count: (amount = 1): void => {
      inThisTurn += amount
      most = Math.max(most, inThisTurn)
    },
    most: () => most,
    stop: () => void (isOver = true),
  }
}

test('E8, I12: a long listing is read, sealed and stored in short pieces, each a turn of the event loop of its own', async () => {
  const ARRIVING = 130
  const sessions = Array.from({ length: 3_000 }, () => Buffer.from(JSON.stringify(sampleSession())))
  const [reading, sealing] = [countTurns(), countTurns()]
  async function* arriving() {
    for (let from = 0; from < sessions.length; from += ARRIVING) {
      reading.count()
      yield sessions.slice(from, from + ARRIVING).map((bytes) => ({ bytes, isWhole: true }))
    }
  }
  const secrets = {
    ...SECRETS,
    seal: (...args: Parameters<typeof SECRETS.seal>) => {
      sealing.count()
      return SECRETS.seal(...args)
    },
  }
  const claim = { workspaceId: WORKSPACE_ID, askedAt: await readDatabaseClock(db) }
  const read = await readListing(arriving(), WORKSPACE_ID)
  expect(read.parts.map(({ ids }) => ids.length)).toEqual(Array(6).fill(PART_SESSIONS))
  const logger = createLogger('silent')
  await applyListing({ db, secrets, secondLookSeconds: 0, logger }, claim, read)
  reading.stop()
  sealing.stop()
  expect(reading.most()).toBeLessThanOrEqual(2)
  expect(sealing.most()).toBeLessThanOrEqual(50)
  expect(await liveIds(db)).toHaveLength(3_000)
  const [stored] = await queryTest<{ transactions: number }>(
    db,
    'select count(distinct xmin::text)::int as transactions from client_sessions',
  )
  expect(stored?.transactions).toBe(3_000 / PART_SESSIONS)
})

test('I14: a stop while a listing is stored waits for one part of it, and the next sync stores the rest', async () => {
  await queryTest(db, 'truncate client_sessions, client_session_syncs')
  const upstream = await startUpstream()
  upstream.sessions = listing(...Array.from({ length: 2_000 }, () => sampleSession()))
  // This happens between the first part and the second: storing has to wait for this lock.
  const lock = await db.startTransaction().execute()
  await queryTest(lock, 'lock table client_sessions in exclusive mode')
  const sync = await startSync(db, upstream.url)
  await expect
    .poll(() =>
      queryTest(
        db,
        "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%into client_sessions%'",
      ),
    )
    .toHaveLength(1)
  const stopped = sync.stop()
  await lock.rollback().execute()
  await stopped
  expect(await liveIds(db)).toHaveLength(PART_SESSIONS)
  expect(sync.status()).toMatchObject({ failures: 0, lastSuccessAt: null })
  const again = await startSync(db, upstream.url)
  await again.syncNow()
  expect(await liveIds(db)).toHaveLength(2_000)
})

test('E8: an answer that is sent in drops, and longer than one that is read in one piece, is taken', async () => {
  const upstream = await startUpstream()
  const padding = 'x'.repeat(700_000)
  const big = Array.from({ length: 100 }, (_, i) => sampleSession({ client_session_id: `big_${i}`, padding }))
  upstream.sessions = ((response) => {
    const bytes = Buffer.from(listing(...big))
    expect(bytes.length).toBeGreaterThan(64 * 1024 * 1024)
    response.write(bytes.subarray(0, 1))
    response.write(bytes.subarray(1, 7))
    response.end(bytes.subarray(7))
  }) satisfies Answer
  const sync = await startSync(db, upstream.url)
  await sync.syncNow()
  expect(sync.status()).toMatchObject({ lastError: null, lastCounts: { listed: 100 } })
})

test('E8: a long listing in which nothing has changed shows between its parts that it is still being stored', async () => {
  const sessions = Array.from({ length: 3_000 }, () => sampleSession())
  await queryTest(db, 'truncate client_sessions, client_session_syncs')
  await applySessions(db, SECRETS, sessions)
  await queryTest(db, 'create table signs ()')
  await queryTest(
    db,
    "create function note_sign() returns trigger language plpgsql as 'begin insert into signs default values; return new; end'",
  )
  await queryTest(
    db,
    'create trigger note_sign before update on client_session_syncs for each row when (new.part_stored_at is not null) execute function note_sign()',
  )
  expect(await applySessions(db, SECRETS, sessions)).toMatchObject({ stored: 0 })
  const signs = await queryTest(db, 'select from signs')
  await queryTest(db, 'drop function note_sign cascade')
  // Its claim and its end are two.
  expect(signs.length).toBeGreaterThan(2)
})
