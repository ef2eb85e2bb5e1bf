import { randomUUID } from 'node:crypto'
import { beforeEach, expect, test } from 'vitest'
import { createLogger } from '../../src/observability/create-logger.ts'
import { startSimulatedSeam } from '../../src/simulated-seam/start-simulated-seam.ts'
import { queryTest } from '../support/query-test.ts'
import { openWorkspaces } from '../../src/workspaces/open-workspaces.ts'
import { WORKSPACE_ID } from '../support/sample-event.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import { sampleSession } from './sample-session.ts'
import { liveIds, sessionRows, startSync, syncRecord } from './sync-rig.ts'
import { listing, startUpstream, workspaceAnswer } from './upstream.ts'

const { database, db } = await databaseOfThisFile()
beforeEach(() => database.empty())

const [a, b, c] = ['a', 'b', 'c'].map((letter) => sampleSession({ client_session_id: `session_${letter}` }))
const names = (...letters: string[]) => letters.map((letter) => `session_${letter}`)

test('new sessions come in, vanished ones are marked deleted, and those that reappear are back', async () => {
  const upstream = await startUpstream()
  upstream.sessions = listing(a ?? null, b ?? null)
  const sync = await startSync(db, upstream.url)
  await sync.syncNow()
  expect(await liveIds(db)).toEqual(names('a', 'b'))

  upstream.sessions = listing(b ?? null, c ?? null)
  await sync.syncNow()
  expect(await liveIds(db)).toEqual(names('b', 'c'))
  expect((await sessionRows(db))[0]).toMatchObject({ id: 'session_a', isDeleted: true, hasToken: false })
  expect(sync.status()).toMatchObject({ failures: 0, lastCounts: { listed: 2, stored: 1, vanished: 1 } })

  upstream.sessions = listing(a ?? null, c ?? null)
  await sync.syncNow()
  expect(await liveIds(db)).toEqual(names('a', 'c'))
  expect((await sessionRows(db))[0]).toMatchObject({ id: 'session_a', hasToken: true })
})

test('an empty list is a list: when it comes twice, everything was deleted', async () => {
  const upstream = await startUpstream()
  upstream.sessions = listing(a ?? null, b ?? null)
  const sync = await startSync(db, upstream.url, { secondLookSeconds: 0 })
  await sync.syncNow()
  upstream.sessions = listing()
  await sync.syncNow()
  await sync.syncNow()
  expect(await liveIds(db)).toEqual([])
  expect(await syncRecord(db)).toMatchObject({ outcome: 'complete', listed: 0 })
})

test.each([
  ['a count', { device_count: 2 }],
  ['a new token', { token: 'seam_cst1another_oneoneoneoneoneoneoneone' }],
  ['a field that is not a column', { customer_key: 'new' }],
])(
  'a session that changed by %s is stored again, and an unchanged one is not written',
  async (_title, change) => {
    const upstream = await startUpstream()
    upstream.sessions = listing(a ?? null, b ?? null)
    const sync = await startSync(db, upstream.url)
    await sync.syncNow()
    const before = await sessionRows(db)
    upstream.sessions = listing(a ?? null, { ...b, ...change })
    await sync.syncNow()
    const after = await sessionRows(db)
    expect(after[0]).toEqual(before[0])
    expect(after[1]?.version).not.toBe(before[1]?.version)
    expect(sync.status().lastCounts).toMatchObject({ listed: 2, stored: 1, vanished: 0 })
    await sync.syncNow()
    expect(await sessionRows(db)).toEqual(after)
  },
)

test("another workspace's sessions are left alone", async () => {
  const other = randomUUID()
  await queryTest(
    db,
    `insert into client_sessions (workspace_id, client_session_id, body) values ($1, 'session_a', '{}')`,
    [other],
  )
  const upstream = await startUpstream()
  const sync = await startSync(db, upstream.url)
  await sync.syncNow()
  expect(await sessionRows(db, other)).toMatchObject([{ id: 'session_a', isDeleted: false, body: '{}' }])
})

test('unusual ids and keys are stored and do no harm', async () => {
  const odd = sampleSession({
    client_session_id: `odd "id" {,} \\ 'x' é`,
    connect_webview_ids: ['cw_1', '{"}', '\\', 'x'.repeat(5_000), 7, null, 'A'],
    user_identity_id: 'NULL',
    user_identity_ids: 'not a list',
    user_identifier_key: `${'long '.repeat(3_000)}\0`,
    created_at: 'yesterday',
    expires_at: 'never',
    customer_id: { new: ['field'] },
  })
  const bare = { client_session_id: 'bare', token: null, expires_at: null }
  const upstream = await startUpstream()
  upstream.sessions = listing(odd, bare)
  const sync = await startSync(db, upstream.url)
  await sync.syncNow()
  expect(sync.status()).toMatchObject({ lastError: null, lastCounts: { listed: 2 } })
  const rows = await queryTest(
    db,
    `select client_session_id as id, connect_webview_ids as webviews, user_identity_ids as identities,
      created_at is null as "noCreation", expires_at <= now() as "isOver", token_sha256 is null as "noToken"
     from client_sessions order by 1`,
  )
  const nothing = { webviews: [], identities: [], noCreation: true, isOver: null, noToken: true }
  expect(rows).toEqual([
    { ...nothing, id: 'bare' },
    {
      id: odd.client_session_id,
      webviews: ['cw_1', '{"}', '\\', 'A'],
      identities: ['NULL', 'not a list'],
      noCreation: true,
      isOver: true,
      noToken: false,
    },
  ])
})

test('nothing is asked while only a webhook has said which workspace it is; the first run begins when Seam has', async () => {
  const upstream = await startUpstream()
  upstream.sessions = listing(a ?? null)
  const logger = createLogger('silent')
  const workspaces = await openWorkspaces(db, [{ key: 'default', workspaceId: null }], logger)
  await workspaces.learn('default', WORKSPACE_ID, 'webhook')
  const naps: (() => void)[] = []
  const sleep = (_ms: number, signal: AbortSignal) =>
    new Promise<void>((resolve) => {
      naps.push(resolve)
      signal.addEventListener('abort', () => resolve())
    })
  const sync = await startSync(db, upstream.url, { workspaces, waiting: { sleep, random: () => 0 } })
  await sync.syncNow()
  expect(upstream.asked).toEqual([])
  expect(naps).toHaveLength(1)

  await workspaces.learn('default', WORKSPACE_ID, 'upstream')
  naps[0]?.()
  await expect.poll(() => liveIds(db)).toEqual(names('a'))
})

test('runs never overlap, and a call during one is followed by a run of its own', async () => {
  const upstream = await startUpstream()
  let running = 0
  let most = 0
  let runs = 0
  upstream.sessions = (response) => {
    running += 1
    most = Math.max(most, running)
    runs += 1
    setImmediate(() => {
      running -= 1
      response.end(listing())
    })
  }
  const sync = await startSync(db, upstream.url)
  await Promise.all([sync.syncNow(), sync.syncNow(), sync.syncNow()])
  expect(most).toBe(1)
  expect(runs).toBe(2)
})

test('a stop during a request ends the run and logs no failure', async () => {
  const upstream = await startUpstream()
  const { promise: asked, resolve } = Promise.withResolvers<void>()
  upstream.sessions = () => resolve()
  const sync = await startSync(db, upstream.url)
  await asked
  await sync.stop()
  expect(sync.status()).toMatchObject({ failures: 0, lastError: null })
  expect(await syncRecord(db)).toBeUndefined()
})

test('the schedule starts runs', async () => {
  const upstream = await startUpstream()
  await startSync(db, upstream.url, { schedule: '* * * * * *' })
  await expect.poll(() => upstream.asked.length).toBeGreaterThan(3)
})

test('a simulated workspace is copied whole', async () => {
  const seam = await startSimulatedSeam({ workspaceId: WORKSPACE_ID })
  try {
    const sync = await startSync(db, seam.url, { apiKey: seam.apiKey })
    await sync.syncNow()
    expect(sync.status().lastError).toBeNull()
    expect(await liveIds(db)).toEqual(
      seam.hotel.clientSessions.map(({ client_session_id: id }) => id).toSorted(),
    )
  } finally {
    await seam.stop()
  }
})

test('the workspace is refreshed with every sync, under the name that Seam gives it', async () => {
  const upstream = await startUpstream()
  const sync = await startSync(db, upstream.url)
  await sync.syncNow()
  upstream.workspace = workspaceAnswer({ name: 'Renamed' })
  await sync.syncNow()
  const rows = await db.selectFrom('workspaces').select(['name', 'body']).execute()
  expect(rows).toEqual([{ name: 'Renamed', body: `{"workspace_id":"${WORKSPACE_ID}","name":"Renamed"}` }])
})
