import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterEach, describe, expect, test } from 'vitest'
import { startSimulatedSeam } from '../../src/simulated-seam/start-simulated-seam.ts'
import { errorOf } from '../http/serve.ts'
import { sampleEvent } from '../support/sample-event.ts'
import { deliver } from '../support/sign-delivery.ts'
import { MIRROR_API_KEY, startTestApp, type TestApp } from '../support/start-test-app.ts'
import { databaseOfThisFile } from '../support/test-database.ts'

const OURS = randomUUID()
const OTHER = randomUUID()
const ourEvent = (fields = {}) => sampleEvent({ workspace_id: OURS, ...fields })

const { database, db } = await databaseOfThisFile()
let apps: TestApp[] = []

afterEach(async () => {
  await Promise.all(apps.map((app) => app.stop()))
  apps = []
  await sql`truncate events, quarantine, workspaces, coverage, poll_runs`.execute(db)
})

async function start(environment: Record<string, string> = {}): Promise<TestApp> {
  const app = await startTestApp(database.url, environment)
  apps.push(app)
  return app
}

const events = () => db.selectFrom('events').select(['workspace_id', 'event_id']).execute()
const reasons = () => db.selectFrom('quarantine').select(['workspace_id', 'reason']).execute()

describe('without SEAM_WORKSPACE_ID and without credentials', () => {
  test("the first verified delivery says which workspace it is, also after a restart; another one's is quarantined", async () => {
    const first = await start()
    const [learned, later] = [ourEvent(), ourEvent()]
    expect((await deliver(first.url, learned)).status).toBe(204)
    expect(first.workspaces.all()).toEqual([{ key: 'default', id: OURS, learnedFrom: 'webhook' }])
    await first.stop()

    const second = await start()
    expect(second.workspaces.all()).toEqual([{ key: 'default', id: OURS, learnedFrom: 'webhook' }])
    expect((await deliver(second.url, sampleEvent({ workspace_id: OTHER }))).status).toBe(204)
    expect((await deliver(second.url, later)).status).toBe(204)
    expect(await events()).toEqual([
      { workspace_id: OURS, event_id: learned.event_id },
      { workspace_id: OURS, event_id: later.event_id },
    ])
    expect(await reasons()).toEqual([{ workspace_id: OURS, reason: 'foreign_workspace' }])
  })

  test('a delivery that nobody signed teaches nothing', async () => {
    const app = await start()
    const body = JSON.stringify(ourEvent())
    const response = await fetch(`${app.url}/webhooks/seam/${OURS}`, { method: 'POST', body })
    expect(response.status).toBe(400)
    expect(app.workspaces.all()).toEqual([{ key: 'default', id: null, learnedFrom: null }])
    expect(await db.selectFrom('workspaces').selectAll().execute()).toEqual([])
  })

  test('a delivery that does not say its workspace is asked to come again, and taken once the workspace is known', async () => {
    const app = await start()
    const { workspace_id: _id, ...nameless } = ourEvent()
    const early = await deliver(app.url, nameless)
    expect(early.status).toBe(503)
    expect(early.headers.get('retry-after')).not.toBeNull()
    expect((await errorOf(early)).message).toContain('workspace')
    expect((await deliver(app.url, 'not JSON')).status).toBe(503)
    expect((await deliver(app.url, ourEvent())).status).toBe(204)
    expect((await deliver(app.url, nameless)).status).toBe(204)
    expect(await events()).toContainEqual({ workspace_id: OURS, event_id: nameless.event_id })
  })

  test('the id in the path counts when the body has none', async () => {
    const app = await start()
    const { workspace_id: _id, ...nameless } = ourEvent()
    const path = `/webhooks/seam/${OURS.toUpperCase()}`
    expect((await deliver(app.url, nameless, { path })).status).toBe(204)
    expect(await events()).toEqual([{ workspace_id: OURS, event_id: nameless.event_id }])
  })

  test('I1: a hundred first deliveries at once are all stored', async () => {
    const app = await start()
    const burst = Array.from({ length: 100 }, () => ourEvent())
    const answers = await Promise.all(burst.map((event) => deliver(app.url, event)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]))
    expect(await events()).toHaveLength(100)
  })

  test('two replicas that learn at once agree', async () => {
    const replicas = await Promise.all([start(), start()])
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, i) => deliver(replicas[i % 2]?.url ?? '', ourEvent())),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]))
    expect(replicas.map((replica) => replica.workspaces.byKey('default').id)).toEqual([OURS, OURS])
    expect(await db.selectFrom('workspaces').select('workspace_id').execute()).toEqual([
      { workspace_id: OURS },
    ])
  })

  test('the read API answers 503 until the workspace is known', async () => {
    const app = await start()
    const list = () =>
      fetch(`${app.url}/events/list?since=2026-01-01T00:00:00Z`, {
        headers: { authorization: `Bearer ${MIRROR_API_KEY}` },
      })
    expect((await list()).status).toBe(503)
    await deliver(app.url, ourEvent())
    expect((await list()).status).toBe(200)
  })
})

describe('what Seam and the configuration say', () => {
  test('with an API key Seam is asked, and stands above what a webhook said before', async () => {
    const before = await start()
    await deliver(before.url, sampleEvent({ workspace_id: OTHER }))
    await before.stop()

    const seam = await startSimulatedSeam({ workspaceId: OURS })
    try {
      const app = await start({ SEAM_API_KEY: seam.apiKey, SEAM_ENDPOINT: seam.url })
      await app.pollers[0]?.pollNow()
      expect(app.workspaces.all()).toEqual([{ key: 'default', id: OURS, learnedFrom: 'upstream' }])
      const event = ourEvent()
      expect((await deliver(app.url, event)).status).toBe(204)
      expect(await events()).toContainEqual({ workspace_id: OURS, event_id: event.event_id })
    } finally {
      await seam.stop()
    }
  })

  test('a configured id is never changed, whatever a webhook claims', async () => {
    const app = await start({ SEAM_WORKSPACE_ID: OURS })
    expect((await deliver(app.url, sampleEvent({ workspace_id: OTHER }))).status).toBe(204)
    expect(app.workspaces.all()).toEqual([{ key: 'default', id: OURS, learnedFrom: 'configured' }])
    expect(await events()).toEqual([])
    expect(await reasons()).toEqual([{ workspace_id: OURS, reason: 'foreign_workspace' }])
  })

  test('a configured id replaces a remembered one', async () => {
    const before = await start()
    await deliver(before.url, sampleEvent({ workspace_id: OTHER }))
    await before.stop()
    const app = await start({ SEAM_WORKSPACE_ID: OURS })
    expect(app.workspaces.byKey('default').id).toBe(OURS)
    expect((await deliver(app.url, ourEvent())).status).toBe(204)
  })
})
