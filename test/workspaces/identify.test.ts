import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { sampleEvent, WORKSPACE_ID } from '../support/sample-event.ts'
import { startTestApp } from '../support/start-test-app.ts'
import { createTestDatabase } from '../support/test-database.ts'

/** An upstream that has the events and no `/workspaces/get`. */
async function startEventsOnly() {
  const event = sampleEvent({ created_at: new Date(Date.now() - 600_000).toISOString() })
  const asked: string[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://upstream')
    asked.push(url.pathname)
    const isInWindow = (url.searchParams.get('unstable_offset') ?? '0') === '0'
    const events = url.pathname === '/events/list' && isInWindow ? [event] : []
    response.statusCode = url.pathname === '/events/list' ? 200 : 404
    response.setHeader('content-type', 'application/json')
    response.end(
      response.statusCode === 200
        ? JSON.stringify({ events, ok: true })
        : '{"error":{"type":"not_found","message":"no such route"},"ok":false}',
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { url, event, asked, stop: () => new Promise((resolve) => server.close(resolve)) }
}

test.each([
  ['is polled when the configuration says which workspace it is', { SEAM_WORKSPACE_ID: WORKSPACE_ID }, 1],
  ['is not polled when nobody says which workspace it is', {}, 0],
])('an upstream without /workspaces/get %s', async (_title, environment, stored) => {
  const database = await createTestDatabase()
  const upstream = await startEventsOnly()
  const app = await startTestApp(database.url, {
    SEAM_ENDPOINT: upstream.url,
    SEAM_API_KEY: 'seam_upstream1_aaaaaaaaaaaaaaaaaaaaaaaa',
    ...environment,
  })
  try {
    await app.pollers[0]?.pollNow()
    const rows = await app.db.selectFrom('events').select('event_id').execute()
    expect(rows).toHaveLength(stored)
    expect(upstream.asked.includes('/events/list')).toBe(stored === 1)
  } finally {
    await app.stop()
    await upstream.stop()
    await database.drop()
  }
})
