import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { WORKSPACE_ID, sampleEvent } from '../support/sample-event.ts'
import { deliver, OTHER_WEBHOOK_SECRET, signDelivery, WEBHOOK_SECRET } from '../support/sign-delivery.ts'
import { startTestApp, type TestApp } from '../support/start-test-app.ts'
import { databaseOfThisFile } from '../support/test-database.ts'

const { database, db } = await databaseOfThisFile()
let app: TestApp

beforeAll(async () => {
  app = await startTestApp(database.url, {
    SEAM_WORKSPACE_ID: WORKSPACE_ID,
    SEAM_WEBHOOK_SECRET: `${WEBHOOK_SECRET}, ${OTHER_WEBHOOK_SECRET}`,
  })
})
afterAll(async () => {
  await app.stop()
})

const stored = (eventId: string) =>
  db.selectFrom('events').selectAll().where('event_id', '=', eventId).execute()

/** How many of the service's statements wait for a lock right now. */
async function statementsWaitingForLock(): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`.execute(db)
  return rows[0]?.count ?? 0
}

describe('a valid delivery', () => {
  test('is answered 204 without a body, and its event is in Postgres as it was sent', async () => {
    const event = sampleEvent()
    const response = await deliver(app.url, event)
    expect(response.status).toBe(204)
    expect(await response.text()).toBe('')
    expect(await stored(event.event_id)).toMatchObject([
      {
        workspace_id: WORKSPACE_ID,
        event_type: event.event_type,
        body: JSON.stringify(event),
        webhook_at: expect.any(String),
        poll_at: null,
      },
    ])
  })

  test('I1: it is not answered before the commit', async () => {
    const event = sampleEvent()
    let answered = false
    const lock = await db.startTransaction().execute()
    try {
      await sql`lock table events in exclusive mode`.execute(lock)
      const answer = deliver(app.url, event).finally(() => {
        answered = true
      })
      // The insert has reached Postgres and waits there; other requests are still answered.
      await expect.poll(statementsWaitingForLock).toBe(1)
      expect((await fetch(`${app.url}/livez`)).status).toBe(200)
      expect(answered).toBe(false)
      expect(await stored(event.event_id)).toEqual([])
      await lock.rollback().execute()
      expect((await answer).status).toBe(204)
    } finally {
      if (!lock.isRolledBack) await lock.rollback().execute()
    }
    expect(await stored(event.event_id)).toHaveLength(1)
  })

  test('I1: a hundred deliveries that wait for one commit are all answered after it', async () => {
    const events = Array.from({ length: 100 }, () => sampleEvent())
    const lock = await db.startTransaction().execute()
    // A failure must not leave the table locked for all other tests.
    onTestFinished(async () => {
      if (!lock.isRolledBack) await lock.rollback().execute()
    })
    await sql`lock table events in exclusive mode`.execute(lock)
    let answered = 0
    const answers = events.map(async (event) => {
      const { status } = await deliver(app.url, event)
      answered += 1
      return status
    })
    // One or two, as soon as there are two flushes.
    await expect.poll(statementsWaitingForLock).toBeGreaterThan(0)
    expect(answered).toBe(0)
    await lock.rollback().execute()
    expect(new Set(await Promise.all(answers))).toEqual(new Set([204]))
    const rows = await db
      .selectFrom('events')
      .select('event_id')
      .where(
        'event_id',
        'in',
        events.map((event) => event.event_id),
      )
      .execute()
    expect(rows).toHaveLength(100)
  })

  test.each([
    ['the first', WEBHOOK_SECRET],
    ['the second', OTHER_WEBHOOK_SECRET],
  ])('may be signed with %s of several secrets', async (_which, secret) => {
    const event = sampleEvent()
    expect((await deliver(app.url, event, { secret })).status).toBe(204)
    expect(await stored(event.event_id)).toHaveLength(1)
  })

  test('may carry several signatures, one of which has to match', async () => {
    const body = JSON.stringify(sampleEvent())
    const headers = signDelivery(body)
    headers['svix-signature'] =
      `v1a,AAAA v1,${Buffer.from('another signature').toString('base64')} ${headers['svix-signature']}`
    const response = await fetch(`${app.url}/webhooks/seam`, { method: 'POST', headers, body })
    expect(response.status).toBe(204)
  })

  test('may have the headers of the white-labelled variant, webhook-id and so on', async () => {
    const event = sampleEvent()
    expect((await deliver(app.url, event, { prefix: 'webhook' })).status).toBe(204)
    expect(await stored(event.event_id)).toHaveLength(1)
  })

  test.each([-240, 290])('may be signed %d seconds from now', async (seconds) => {
    const signedAt = new Date(Date.now() + seconds * 1000)
    expect((await deliver(app.url, sampleEvent(), { signedAt })).status).toBe(204)
  })

  test('may have no content type, and any', async () => {
    const body = JSON.stringify(sampleEvent())
    for (const type of ['', 'text/plain; charset=latin1', 'application/x-www-form-urlencoded']) {
      const headers = { ...signDelivery(body), 'content-type': type }
      const response = await fetch(`${app.url}/webhooks/seam`, { method: 'POST', headers, body })
      expect(response.status).toBe(204)
    }
  })

  test('may use upper-case ids, which are the same ids', async () => {
    const event = sampleEvent({
      event_id: randomUUID().toUpperCase(),
      workspace_id: WORKSPACE_ID.toUpperCase(),
    })
    const path = `/webhooks/seam/${WORKSPACE_ID.toUpperCase()}`
    expect((await deliver(app.url, event, { path })).status).toBe(204)
    expect(await stored(event.event_id.toLowerCase())).toHaveLength(1)
  })

  test('I7: unknown event types and fields are stored to the letter', async () => {
    const id = randomUUID()
    const body = `{"event_type":"robot.vacuum_stuck","event_id":"${id}",  "new_field":{"a":[1.50, 1e400]},"created_at":"2031-01-02T03:04:05.1234567+02:00","device_id":7}`
    expect((await deliver(app.url, body)).status).toBe(204)
    expect(await stored(id)).toMatchObject([{ event_type: 'robot.vacuum_stuck', body }])
  })
})

describe('a repeated delivery', () => {
  test('I3: it is answered 204 again and changes nothing, whichever route and attempt it comes by', async () => {
    const event = sampleEvent()
    const body = JSON.stringify(event)
    const replayed = signDelivery(body)
    const send = (path: string, headers: Record<string, string>) =>
      fetch(`${app.url}${path}`, { method: 'POST', headers, body })
    expect((await send('/webhooks/seam', replayed)).status).toBe(204)
    const before = await stored(event.event_id)
    expect(before).toHaveLength(1)

    expect((await send('/webhooks/seam', replayed)).status).toBe(204)
    expect((await send(`/webhooks/seam/${WORKSPACE_ID}`, replayed)).status).toBe(204)
    expect((await send(`/webhooks/seam/${WORKSPACE_ID}`, signDelivery(body))).status).toBe(204)
    expect(await stored(event.event_id)).toEqual(before)
    expect(before[0]).toMatchObject({ webhook_at: expect.any(String), poll_at: null })
  })

  test('I3: fifty copies sent at once over both routes become one row', async () => {
    const event = sampleEvent()
    const statuses = await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        const path = i % 2 === 0 ? '/webhooks/seam' : `/webhooks/seam/${WORKSPACE_ID}`
        return (await deliver(app.url, event, { path })).status
      }),
    )
    expect(new Set(statuses)).toEqual(new Set([204]))
    expect(await stored(event.event_id)).toHaveLength(1)
  })
})

test('a stored delivery is logged at debug level only, every other one at info', async () => {
  const taken = await deliver(app.url, sampleEvent())
  const refused = await deliver(app.url, sampleEvent(), { path: '/webhooks/seam/nobody' })
  const levelOf = (response: Response) =>
    app.logs.find(({ reqId }) => reqId === response.headers.get('seam-request-id'))?.level
  await expect.poll(() => levelOf(taken)).toBe(20)
  await expect.poll(() => levelOf(refused)).toBe(30)
})
