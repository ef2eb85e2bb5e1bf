import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { issueKey } from '../../src/access/issue-key.ts'
import { type SimulatedSeam, startSimulatedSeam } from '../../src/simulated-seam/start-simulated-seam.ts'
import { queryTest } from '../support/query-test.ts'
import { readCoverage } from '../../src/store/coverage/read-coverage.ts'
import { errorOf } from '../http/serve.ts'
import { sampleEvent } from '../support/sample-event.ts'
import { deliver } from '../support/sign-delivery.ts'
import { MIRROR_API_KEY, NEVER, startTestApp, type TestApp } from '../support/start-test-app.ts'
import { databaseOfThisFile } from '../support/test-database.ts'

/*
 * Three hotels, each with a Seam of its own behind the one SEAM_ENDPOINT: a proxy sends every request to the Seam whose key it
 * carries. The entries of the configuration are called after them.
 */

const NAMES = ['north', 'south', 'east'] as const
type Name = (typeof NAMES)[number]
const SECRETS = Object.fromEntries(
  NAMES.map((name) => [name, `whsec_${Buffer.from(`the webhook secret of ${name}`).toString('base64')}`]),
) as Record<Name, string>
/** A workspace may have several keys; the proxy takes this one for north's. */
const SECOND_KEY_OF_NORTH = 'seam_north2_another_key_of_its_workspace'
const HOUR_MS = 3_600_000
const EVENTS = 40

const { database } = await databaseOfThisFile()
let seams: Record<Name, SimulatedSeam>
let endpoint: string

beforeEach(async () => {
  await database.empty()
  const started = await Promise.all(NAMES.map((_name, i) => startSimulatedSeam({ seed: 101 + i })))
  seams = Object.fromEntries(NAMES.map((name, i) => [name, started[i]])) as Record<Name, SimulatedSeam>
  const now = Date.now()
  for (const seam of started) seam.fill({ count: EVENTS, from: now - HOUR_MS / 2, to: now - 1000 })
  endpoint = await startProxy(started)
})
afterEach(async () => {
  await Promise.all(Object.values(seams).map((seam) => seam.stop()))
})

/** Routes by the credentials, as Seam's own address does. */
async function startProxy(targets: readonly SimulatedSeam[]): Promise<string> {
  const server = createServer({ keepAliveTimeout: 0 }, (incoming, outgoing) => {
    const authorization = incoming.headers.authorization?.replace(SECOND_KEY_OF_NORTH, seams.north.apiKey)
    const target = targets.find(({ apiKey }) => authorization === `Bearer ${apiKey}`)
    if (target === undefined) {
      outgoing.writeHead(401).end()
      return
    }
    const { method, url } = incoming
    const headers = { ...incoming.headers, authorization }
    const forwarded = httpRequest(new URL(url ?? '/', target.url), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    forwarded.on('error', () => outgoing.destroy())
    incoming.pipe(forwarded)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

interface Entry {
  name: string
  workspace_id?: string
  api_key?: string
  webhook_secrets?: string[]
}

const entry = (name: Name, changes: Partial<Entry> = {}): Entry => ({
  name,
  api_key: seams[name].apiKey,
  webhook_secrets: [SECRETS[name]],
  ...changes,
})

async function start(entries: readonly Entry[] = NAMES.map((name) => entry(name))): Promise<TestApp> {
  const folder = await mkdtemp(path.join(tmpdir(), 'workspaces-test-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = path.join(folder, 'workspaces.json')
  await writeFile(file, JSON.stringify(entries))
  const app = await startTestApp(database.url, {
    SEAM_ENDPOINT: endpoint,
    SEAM_WEBHOOK_SECRET: '',
    SEAM_MIRROR_WORKSPACES_FILE: file,
    SEAM_MIRROR_CLIENT_SESSIONS_SCHEDULE: NEVER,
    SEAM_MIRROR_SECRETS_KEY: Buffer.alloc(32, 7).toString('base64'),
  })
  onTestFinished(() => app.stop())
  return app
}

const idOf = (name: Name) => seams[name].workspaceId
const eventOf = (name: Name, fields: object = {}) => sampleEvent({ workspace_id: idOf(name), ...fields })

async function poll(app: TestApp, ...names: Name[]): Promise<void> {
  const isNamed = (_job: unknown, i: number) => names.some((name) => NAMES.indexOf(name) === i)
  await Promise.all(app.pollers.filter(isNamed).map((poller) => poller.pollNow()))
  await Promise.all(app.sessionSyncs.filter(isNamed).map((sync) => sync.syncNow()))
}

async function rows<Row extends object>(app: TestApp, sql: string): Promise<Row[]> {
  return queryTest<Row>(app.db, sql)
}

const eventIdsIn = async (app: TestApp, name: Name): Promise<string[]> => {
  const found = await queryTest<{ id: string }>(
    app.db,
    'select event_id::text as id from events where workspace_id = $1',
    [idOf(name)],
  )
  return found.map(({ id }) => id)
}

const reasons = (app: TestApp) =>
  rows<{ id: string; reason: string }>(app, 'select workspace_id::text as id, reason from quarantine')

async function ask(app: TestApp, pathAndQuery: string, key: string, workspaceId?: string): Promise<Response> {
  return fetch(app.url + pathAndQuery, {
    headers: { authorization: `Bearer ${key}`, ...(workspaceId && { 'seam-workspace': workspaceId }) },
  })
}

const LIST = '/events/list?since=2020-01-01&limit=1000'

async function listed(app: TestApp, key: string, workspaceId?: string): Promise<string[]> {
  const response = await ask(app, LIST, key, workspaceId)
  expect(response.status).toBe(200)
  const { events } = (await response.json()) as { events: { event_id: string }[] }
  return events.map((event) => event.event_id).toSorted()
}

const upstreamIds = (name: Name) =>
  seams[name]
    .events()
    .map((event) => event.event_id)
    .toSorted()

describe('several workspaces', () => {
  test('are told apart by what Seam says, and each has its own events, coverage and client sessions', async () => {
    const app = await start()
    await poll(app, ...NAMES)
    expect(app.workspaces.all()).toEqual(
      NAMES.map((name) => ({ key: name, id: idOf(name), learnedFrom: 'upstream' })),
    )
    for (const name of NAMES) {
      expect((await eventIdsIn(app, name)).toSorted()).toEqual(upstreamIds(name))
      const [covered, ...more] = await readCoverage(app.db, idOf(name))
      expect(more).toEqual([])
      expect(covered?.to).toBeGreaterThan(covered?.from ?? 0n)
      const sessions = await queryTest<{ id: string }>(
        app.db,
        'select client_session_id as id from client_sessions where workspace_id = $1 order by 1',
        [idOf(name)],
      )
      expect(sessions.map(({ id }) => id)).toEqual(
        seams[name].hotel.clientSessions.map((session) => session.client_session_id).toSorted(),
      )
    }
    expect(await rows(app, 'select distinct workspace_id from coverage')).toHaveLength(3)
    expect(await rows(app, 'select distinct workspace_id from poll_runs')).toHaveLength(3)
  })

  test('are known again after a restart, also while Seam is away', async () => {
    const before = await start()
    await poll(before, ...NAMES)
    await before.stop()
    for (const seam of Object.values(seams)) seam.setFaults({ rejectCredentials: true })
    const app = await start()
    const known = app.workspaces.all().map(({ key, id }) => [key, id])
    expect(known).toEqual(NAMES.map((name) => [name, idOf(name)]))
    for (const name of NAMES) {
      const event = eventOf(name)
      expect((await deliver(app.url, event, { secret: SECRETS[name] })).status).toBe(204)
      expect(await eventIdsIn(app, name)).toContain(event.event_id)
    }
  })

  test('what Seam has confirmed counts as confirmed after a restart, also when a webhook had said it before', async () => {
    seams.north.setFaults({ rejectCredentials: true })
    const before = await start([entry('north')])
    await deliver(before.url, eventOf('north'), { secret: SECRETS.north })
    expect(before.workspaces.byKey('north').learnedFrom).toBe('webhook')
    seams.north.setFaults({ rejectCredentials: false })
    await poll(before, 'north')
    await before.stop()
    seams.north.setFaults({ rejectCredentials: true })
    const app = await start([entry('north')])
    expect(app.workspaces.byKey('north')).toEqual({
      key: 'north',
      id: idOf('north'),
      learnedFrom: 'upstream',
    })
  })

  test('one whose credentials are rejected, and one whose Seam answers 500, disturb nobody else', async () => {
    seams.north.setFaults({ rejectCredentials: true })
    seams.south.setFaults({ errorRate: 1 })
    const known = (name: 'north' | 'south') => entry(name, { workspace_id: idOf(name) })
    const app = await start([known('north'), known('south'), entry('east')])
    await poll(app, 'east')
    expect(app.pollers[2]?.status()).toMatchObject({ failures: 0, lastError: null })
    expect(app.sessionSyncs[2]?.status()).toMatchObject({ failures: 0, lastError: null })
    expect((await eventIdsIn(app, 'east')).toSorted()).toEqual(upstreamIds('east'))
    await poll(app, 'north')
    expect(app.pollers[0]?.status().lastError).toContain('does not accept the credentials')
    const warnings = app.logs.filter(({ msg }) => msg === 'a run of the poller failed')
    expect(new Set(warnings.map(({ workspace }) => workspace))).not.toContain('east')

    // Workspaces that are not polled still get their webhooks.
    for (const name of NAMES) {
      const event = eventOf(name)
      expect((await deliver(app.url, event, { secret: SECRETS[name] })).status).toBe(204)
      expect(await eventIdsIn(app, name)).toContain(event.event_id)
    }
    expect(await readCoverage(app.db, idOf('north'))).toEqual([])
    expect((await readCoverage(app.db, idOf('east'))).length).toBe(1)

    // They recover by themselves, and get what they missed.
    seams.north.setFaults({ rejectCredentials: false })
    await poll(app, 'north')
    expect(await eventIdsIn(app, 'north')).toEqual(expect.arrayContaining(upstreamIds('north')))
  })
})

describe('webhooks of several workspaces', () => {
  test('are told apart by their signature, with and without the workspace in the path', async () => {
    const app = await start()
    await poll(app, ...NAMES)
    for (const name of NAMES) {
      for (const at of ['/webhooks/seam', `/webhooks/seam/${idOf(name)}`]) {
        const { workspace_id: _id, ...nameless } = eventOf(name)
        for (const event of [eventOf(name), { ...nameless, event_id: crypto.randomUUID() }]) {
          expect((await deliver(app.url, event, { secret: SECRETS[name], path: at })).status).toBe(204)
          expect(await eventIdsIn(app, name)).toContain(event.event_id)
        }
      }
    }
    expect(await reasons(app)).toEqual([])
  })

  test("I10: one workspace's secret never puts an event into another: not by the body, not by the path", async () => {
    const app = await start()
    await poll(app, ...NAMES)
    const before = await rows(app, 'select workspace_id, event_id from events order by 1, 2')
    const secret = SECRETS.north
    // The body says south, the signature north: kept where it came from, as unusable.
    const foreign = eventOf('south')
    expect((await deliver(app.url, foreign, { secret })).status).toBe(204)
    expect(
      (await deliver(app.url, foreign, { secret, path: `/webhooks/seam/${idOf('north')}` })).status,
    ).toBe(204)
    expect(await reasons(app)).toEqual([{ id: idOf('north'), reason: 'foreign_workspace' }])
    // The path says south, the signature north, whatever the body says.
    const { workspace_id: _id, ...nameless } = foreign
    for (const event of [foreign, nameless, eventOf('north')]) {
      const response = await deliver(app.url, event, { secret, path: `/webhooks/seam/${idOf('south')}` })
      expect(response.status).toBe(400)
      expect(await errorOf(response)).toMatchObject({ type: 'invalid_signature' })
    }
    const nowhere = await deliver(app.url, foreign, { secret, path: `/webhooks/seam/${crypto.randomUUID()}` })
    expect(nowhere.status).toBe(404)
    expect(await rows(app, 'select workspace_id, event_id from events order by 1, 2')).toEqual(before)
    expect(await reasons(app)).toHaveLength(1)
  })

  test('I10: the same event id in two workspaces is two events', async () => {
    const app = await start()
    await poll(app, ...NAMES)
    const [north, south] = [eventOf('north', { n: 1 }), eventOf('south', { n: 2 })]
    south.event_id = north.event_id
    await deliver(app.url, north, { secret: SECRETS.north })
    await deliver(app.url, south, { secret: SECRETS.south })
    for (const event of [north, south]) {
      const response = await ask(
        app,
        `/events/get?event_id=${north.event_id}`,
        MIRROR_API_KEY,
        event.workspace_id as string,
      )
      expect(await response.json()).toEqual({ event, ok: true })
    }
  })

  test('I10: nor does it while its own workspace is not known yet: the sender is asked to come again, and then it is put aside', async () => {
    seams.north.setFaults({ rejectCredentials: true })
    const app = await start()
    await poll(app, 'north', 'south')
    const secret = SECRETS.north
    const foreign = eventOf('south')
    const early = await deliver(app.url, foreign, { secret })
    expect(early.status).toBe(503)
    expect(early.headers.get('retry-after')).not.toBeNull()
    const byPath = await deliver(app.url, foreign, { secret, path: `/webhooks/seam/${idOf('south')}` })
    expect(byPath.status).toBe(400)
    expect(app.workspaces.byKey('north').id).toBeNull()

    seams.north.setFaults({ rejectCredentials: false })
    await poll(app, 'north')
    expect((await deliver(app.url, foreign, { secret })).status).toBe(204)
    expect(await reasons(app)).toEqual([{ id: idOf('north'), reason: 'foreign_workspace' }])
    expect(await eventIdsIn(app, 'south')).not.toContain(foreign.event_id)
    expect((await deliver(app.url, eventOf('south'), { secret: SECRETS.south })).status).toBe(204)
  })

  test('a claim that a webhook made before Seam could be asked does not keep the right entry from its workspace', async () => {
    for (const name of ['north', 'south'] as const) seams[name].setFaults({ rejectCredentials: true })
    const app = await start()
    await poll(app, 'north', 'south')
    // A secret does not say whose events it signs where there are several workspaces (I10).
    expect((await deliver(app.url, eventOf('south'), { secret: SECRETS.north })).status).toBe(503)

    seams.south.setFaults({ rejectCredentials: false })
    await poll(app, 'south')
    expect(app.workspaces.byKey('south')).toMatchObject({ id: idOf('south'), learnedFrom: 'upstream' })
    expect(app.pollers[1]?.status().lastError).toBeNull()
    expect(app.workspaces.byKey('north').id).not.toBe(idOf('south'))
    // The claim is not believed a second time, and the claimer gets its own workspace once Seam says which that is.
    const again = eventOf('south')
    expect((await deliver(app.url, again, { secret: SECRETS.north })).status).toBe(503)
    expect(await eventIdsIn(app, 'south')).not.toContain(again.event_id)
    seams.north.setFaults({ rejectCredentials: false })
    await poll(app, 'north')
    expect(app.workspaces.byKey('north')).toMatchObject({ id: idOf('north'), learnedFrom: 'upstream' })
    await app.stop()
    const restarted = await start()
    expect(
      restarted.workspaces
        .all()
        .map(({ id }) => id)
        .slice(0, 2),
    ).toEqual([idOf('north'), idOf('south')])
  })
})

describe('keys of several workspaces', () => {
  test('I10: the bootstrap key needs seam-workspace, and then sees that workspace alone', async () => {
    const app = await start()
    await poll(app, ...NAMES)
    const nameless = await ask(app, LIST, MIRROR_API_KEY)
    expect(nameless.status).toBe(400)
    expect(await errorOf(nameless)).toMatchObject({ type: 'missing_workspace_id' })
    for (const name of NAMES) expect(await listed(app, MIRROR_API_KEY, idOf(name))).toEqual(upstreamIds(name))
    expect((await ask(app, LIST, MIRROR_API_KEY, crypto.randomUUID())).status).toBe(401)
  })

  test('I10: a key of one workspace sees it and nothing of another, wherever it asks', async () => {
    const app = await start()
    await poll(app, ...NAMES)
    const { key } = await issueKey(app.db, {
      kind: 'api_key',
      name: 'north',
      workspaceIds: [idOf('north')],
      scopes: ['admin', 'secrets:read'],
      expires: null,
      now: new Date(),
    })
    expect(await listed(app, key)).toEqual(upstreamIds('north'))
    const workspace = await ask(app, '/workspaces/get', key)
    expect(await workspace.json()).toMatchObject({ workspace: { workspace_id: idOf('north') } })
    const ours = seams.north.hotel.clientSessions.map((session) => session.client_session_id)
    const sessions = await ask(app, '/client_sessions/list', key)
    const { client_sessions: found } = (await sessions.json()) as {
      client_sessions: { client_session_id: string }[]
    }
    expect(found.map((session) => session.client_session_id).toSorted()).toEqual(ours.toSorted())

    const [theirs] = upstreamIds('south')
    expect((await ask(app, `/events/get?event_id=${theirs}`, key)).status).toBe(404)
    const byId = await ask(app, `${LIST}&event_ids=${theirs}`, key)
    expect(await byId.json()).toMatchObject({ events: [] })
    const [session] = seams.south.hotel.clientSessions
    const foreignSession = `/client_sessions/get?client_session_id=${session?.client_session_id}`
    expect((await ask(app, foreignSession, key)).status).toBe(404)
    for (const at of [LIST, '/workspaces/get', '/client_sessions/list'])
      expect((await ask(app, at, key, idOf('south'))).status).toBe(401)
    // A client session token belongs to its workspace as well.
    expect((await ask(app, LIST, session?.token ?? '', idOf('north'))).status).toBe(401)
    expect((await ask(app, LIST, session?.token ?? '')).status).toBe(200)
  })
})

describe('two entries for one workspace', () => {
  test('the second to be known is refused and says which two they are; the first works, also after a restart', async () => {
    const twice = [entry('north'), entry('south', { api_key: SECOND_KEY_OF_NORTH }), entry('east')]
    const app = await start(twice)
    await poll(app, ...NAMES)
    const statuses = app.pollers.slice(0, 2).map((poller) => poller.status().lastError)
    const refused = statuses.filter((error) => error !== null)
    expect(refused).toHaveLength(1)
    expect(refused[0]).toMatch(/(north and south|south and north) are the same workspace/)
    const owner = statuses[0] === null ? 'north' : 'south'
    expect(app.workspaces.byKey(owner).id).toBe(idOf('north'))
    expect(app.workspaces.byKey(owner === 'north' ? 'south' : 'north').id).toBeNull()
    expect((await eventIdsIn(app, 'north')).toSorted()).toEqual(upstreamIds('north'))
    expect((await eventIdsIn(app, 'east')).toSorted()).toEqual(upstreamIds('east'))
    expect(
      app.logs.find(({ level, msg }) => level === 40 && msg === 'a run of the poller failed'),
    ).toBeDefined()
    await app.stop()

    const again = await start(twice)
    await poll(again, ...NAMES)
    expect(again.workspaces.byKey(owner).id).toBe(idOf('north'))
    expect(again.workspaces.all().filter(({ id }) => id === idOf('north'))).toHaveLength(1)
    const event = eventOf('north')
    expect((await deliver(again.url, event, { secret: SECRETS[owner] })).status).toBe(204)
    expect(await eventIdsIn(again, 'north')).toContain(event.event_id)
  })

  test('one id configured for two entries, or for the wrong one, is refused at once or by its poller', async () => {
    const wrong = entry('north', { workspace_id: idOf('south') })
    await expect(start([wrong, entry('south', { workspace_id: idOf('south') })])).rejects.toThrow(
      'lists a workspace twice',
    )
    const app = await start([wrong, entry('east')])
    await app.pollers[0]?.pollNow()
    expect(app.pollers[0]?.status().lastError).toContain(
      `The credentials are for workspace ${idOf('north')}, but ${idOf('south')} is configured`,
    )
    expect(await eventIdsIn(app, 'south')).toEqual([])
    expect(await eventIdsIn(app, 'north')).toEqual([])
    await expect.poll(() => eventIdsIn(app, 'east')).toHaveLength(EVENTS)
  })
})
