import { randomUUID } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { parseEvent } from '../../src/domain/event.ts'
import { createFeedSource } from '../../src/feed/feed-source.ts'
import { ingestInTransaction } from '../../src/ingest/ingest-batch.ts'
import { maskingSecrets } from '../../src/secrets/masking-secrets.ts'
import { addCoverage } from '../../src/store/coverage/add-coverage.ts'
import { sampleEvent } from '../support/sample-event.ts'
import { databaseOfThisFile } from '../support/test-database.ts'

const { db } = await databaseOfThisFile()

test('I15: a feed shows coverage only when it has all events that arrived before it was proven, also those that an older transaction holds back', async () => {
  const workspaceId = randomUUID()
  let nowMs = 0
  const source = createFeedSource({ db, workspaceId, monotonicMs: () => nowMs })
  const feed = await source.open()
  const beginning = feed.end
  while (feed.coverage === undefined) await source.readOn(feed)
  expect(feed.coverage).toBeNull()

  const event = sampleEvent({ workspace_id: workspaceId })
  const older = await db.startTransaction().execute()
  // After a failure it would keep the database from being dropped.
  onTestFinished(async () => {
    if (!older.isCommitted) await older.rollback().execute()
  })
  await ingestInTransaction(older, [parseEvent(JSON.stringify(event), workspaceId)], 'poll', maskingSecrets())
  await db.transaction().execute((trx) => addCoverage(trx, workspaceId, [{ from: 1n, to: 5n }]))
  for (let n = 0; n < 3; n++) {
    nowMs += 1_000
    await source.readOn(feed)
    expect(feed.coverage).toBeNull()
  }
  await older.commit().execute()
  while (feed.coverage === null) {
    nowMs += 1_000
    await source.readOn(feed)
  }
  expect(feed.coverage).toEqual({ from: 1n, until: 5n })
  expect(feed.after(beginning)?.map(({ eventId }) => eventId)).toEqual([event.event_id])
})

test('I15: a feed whose place was lost knows no coverage until it is read again', async () => {
  const workspaceId = randomUUID()
  let nowMs = 0
  const source = createFeedSource({ db, workspaceId, monotonicMs: () => nowMs })
  const feed = await source.open()
  while (feed.coverage === undefined) await source.readOn(feed)
  // The server has lost its last commits, and with them perhaps what was proven.
  feed.restart({ ...feed.end, transaction: 2n ** 62n })
  feed.cover({ from: 1n, until: 5n })
  await source.readOn(feed)
  expect(feed.coverage).toBeUndefined()
  while (feed.coverage === undefined) {
    nowMs += 1_000
    await source.readOn(feed)
  }
  expect(feed.coverage).toBeNull()
})
