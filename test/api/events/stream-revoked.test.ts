import { afterEach, expect, test } from 'vitest'
import { streamEventsRoute } from '../../../src/api/events/stream-events-route.ts'
import type { Caller } from '../../../src/domain/caller.ts'
import { parseEvent } from '../../../src/domain/event.ts'
import { startFeeds } from '../../../src/feed/start-feeds.ts'
import { STREAM_LIMITS } from '../../../src/http/stream-limits.ts'
import { ingestBatch } from '../../../src/ingest/ingest-batch.ts'
import { createLogger } from '../../../src/observability/create-logger.ts'
import { maskingSecrets } from '../../../src/secrets/masking-secrets.ts'
import { serve } from '../../http/serve.ts'
import { openEventStream } from '../../support/event-stream.ts'
import { sampleEvent, WORKSPACE_ID } from '../../support/sample-event.ts'
import { testAccess } from '../../support/test-access.ts'
import { databaseOfThisFile } from '../../support/test-database.ts'

const { db } = await databaseOfThisFile()
const KEY: Caller = { kind: 'key', keyId: 'k', workspaceId: WORKSPACE_ID, scopes: ['events:read'] }

const undo: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step()
})

async function store(): Promise<string> {
  const event = sampleEvent()
  const items = [parseEvent(JSON.stringify(event), WORKSPACE_ID)]
  await ingestBatch(db, items, 'webhook', maskingSecrets())
  return event.event_id
}

test.each<[string, Caller | null]>([
  ['whose key is revoked', null],
  ['whose key may not read events any more', { ...KEY, scopes: [] }],
])('I10: a listener %s is told so, and is sent nothing that arrives after', async (_title, later) => {
  let caller: Caller | null = KEY
  const feeds = startFeeds({
    db,
    logger: createLogger('debug', { write: () => {} }),
    monotonicMs: () => performance.now(),
  })
  undo.push(() => feeds.stop())
  const route = streamEventsRoute({
    db,
    secrets: maskingSecrets(),
    feeds,
    translateError: () => null,
    monotonicMs: () => performance.now(),
  })
  const access = testAccess({
    authenticate: () => caller,
    streamLimits: { ...STREAM_LIMITS, recheckMs: 20 },
  })
  const server = await serve([route], { access })
  undo.push(() => server.stop(0))
  const stream = await openEventStream(`${server.url}/v1/events/stream`, {})
  undo.push(async () => stream.leave())
  const seen = await store()
  await stream.until(() => stream.eventIds().length === 1)
  caller = later
  await stream.until((blocks) => blocks.some(({ event }) => event === 'bye'))
  await store()
  const blocks = await stream.ended
  expect(blocks.at(-1)).toMatchObject({ event: 'bye', data: '{"reason":"revoked"}' })
  expect(stream.eventIds()).toEqual([seen])
})
