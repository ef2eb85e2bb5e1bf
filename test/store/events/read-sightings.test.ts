import { beforeEach, expect, test } from 'vitest'
import { parseEvent } from '../../../src/domain/event.ts'
import { type Micros, microsFromMillis } from '../../../src/domain/instant.ts'
import { ingestBatch } from '../../../src/ingest/ingest-batch.ts'
import { readSightings } from '../../../src/store/events/read-sightings.ts'
import { sampleEvent, WORKSPACE_ID } from '../../support/sample-event.ts'
import { databaseOfThisFile } from '../../support/test-database.ts'
import { maskingSecrets } from '../../../src/secrets/masking-secrets.ts'

const { database, db } = await databaseOfThisFile()
beforeEach(() => database.empty())

const START = Date.UTC(2026, 0, 1)
const at = (second: number): string => new Date(START + second * 1_000).toISOString()
const micros = (second: number): Micros => microsFromMillis(START + second * 1_000)

async function store(path: 'webhook' | 'poll', ...seconds: number[]): Promise<void> {
  const items = seconds.map((second) =>
    parseEvent(JSON.stringify(sampleEvent({ created_at: at(second) })), WORKSPACE_ID),
  )
  await ingestBatch(db, items, path, maskingSecrets())
}

test('E4, I12: only so many events are counted, the newest, and the answer says from when on', async () => {
  await store('webhook', 1, 2, 3, 4)
  await store('poll', 5, 6)
  const whole = await readSightings(db, WORKSPACE_ID, micros(0), micros(10))
  expect(whole).toMatchObject({ from: micros(0), webhookOnly: 4, pollOnly: 2 })
  const part = await readSightings(db, WORKSPACE_ID, micros(0), micros(10), 3)
  // Events 4, 5 and 6 are counted; `from` is right behind the newest event that was not counted.
  expect(part).toMatchObject({ from: micros(3) + 1n, webhookOnly: 1, pollOnly: 2 })
  const exact = await readSightings(db, WORKSPACE_ID, micros(0), micros(10), 6)
  expect(exact).toMatchObject({ from: micros(0), webhookOnly: 4, pollOnly: 2 })
})

test('E4: of events created at one instant all are counted or none', async () => {
  await store('webhook', 1, 2, 2, 2, 3)
  const part = await readSightings(db, WORKSPACE_ID, micros(0), micros(10), 2)
  expect(part).toMatchObject({ from: micros(2) + 1n, webhookOnly: 1 })
})
