import { randomUUID } from 'node:crypto'
import { expect, onTestFinished, test } from 'vitest'
import { parseEvent } from '../../src/domain/event.ts'
import { FOLD_PAGE, foldWorkspace } from '../../src/folds/fold-workspace.ts'
import { SHARE_BESIDE_DELIVERIES, startFolds } from '../../src/folds/start-folds.ts'
import { ingestBatch } from '../../src/ingest/ingest-batch.ts'
import { createLogger } from '../../src/observability/create-logger.ts'
import { maskingSecrets } from '../../src/secrets/masking-secrets.ts'
import { deleteForeignCounts } from '../../src/store/folds/delete-foreign-counts.ts'
import { sampleEvent } from '../support/sample-event.ts'
import { queryTest } from '../support/query-test.ts'
import { databaseOfThisFile } from '../support/test-database.ts'

const { db } = await databaseOfThisFile()

/** Folds two pages of events on a clock by which each page takes 100 ms; returns how long folding rested. */
async function restsWhile(isReceiving: boolean): Promise<number[]> {
  const workspaceId = randomUUID()
  const items = Array.from({ length: FOLD_PAGE + 1 }, () =>
    parseEvent(JSON.stringify(sampleEvent({ workspace_id: workspaceId })), workspaceId),
  )
  await ingestBatch(db, items, 'webhook', maskingSecrets())
  const rests: number[] = []
  let ms = 0
  const folds = startFolds({
    db,
    workspaceIds: () => [workspaceId],
    isReceiving: () => isReceiving,
    sleep: async (restMs) => void rests.push(restMs),
    logger: createLogger('silent'),
    clock: { wallMs: () => 0, monotonicMs: () => (ms += 100), after: () => () => {} },
  })
  onTestFinished(() => folds.stop())
  await expect
    .poll(async () => {
      await folds.foldNow()
      const [row] = await queryTest<{ folded: number }>(
        db,
        'select folded_events::int as folded from folds where workspace_id = $1',
        [workspaceId],
      )
      return row?.folded
    })
    .toBe(items.length)
  return rests
}

test('beside deliveries, folding rests after every page, so that it takes a tenth of the time', async () => {
  const rests = await restsWhile(true)
  expect(rests.length).toBeGreaterThanOrEqual(2)
  for (const restMs of rests) expect(100 / (100 + restMs)).toBeCloseTo(SHARE_BESIDE_DELIVERIES)
})

test('without deliveries, a backlog is folded without a rest', async () => {
  expect(await restsWhile(false)).toEqual([])
})

test('a workspace whose events cannot be folded keeps no other one up', async () => {
  const [broken, whole] = [randomUUID(), randomUUID()]
  await queryTest(
    db,
    "alter table event_counts add constraint broken check (workspace_id::text <> '" + broken + "')",
  )
  onTestFinished(async () => void (await queryTest(db, 'alter table event_counts drop constraint broken')))
  for (const id of [broken, whole])
    await ingestBatch(
      db,
      [parseEvent(JSON.stringify(sampleEvent({ workspace_id: id })), id)],
      'webhook',
      maskingSecrets(),
    )
  const folds = startFolds({
    db,
    workspaceIds: () => [broken, whole],
    isReceiving: () => false,
    sleep: async () => {},
    logger: createLogger('silent'),
    clock: { wallMs: () => 0, monotonicMs: () => 0, after: () => () => {} },
  })
  onTestFinished(() => folds.stop())
  await expect
    .poll(async () => {
      await folds.foldNow()
      return queryTest(db, 'select folded_events::int as folded from folds where workspace_id = $1', [whole])
    })
    .toEqual([{ folded: 1 }])
  expect(await queryTest(db, 'select from folds where workspace_id = $1', [broken])).toEqual([])
})

test('counts of another server are deleted in parts, and those of this one never', async () => {
  const workspaceId = randomUUID()
  const event = (type: string) =>
    parseEvent(JSON.stringify(sampleEvent({ workspace_id: workspaceId, event_type: type })), workspaceId)
  await ingestBatch(db, ['a.b', 'c.d', 'e.f'].map(event), 'webhook', maskingSecrets())
  await expect
    .poll(async () => {
      await foldWorkspace(db, workspaceId)
      return queryTest(db, "select from event_counts where workspace_id = $1 and cut = 'type'", [workspaceId])
    })
    .toHaveLength(3)
  expect(await deleteForeignCounts(db, workspaceId, 2)).toBe(0)
  await queryTest(db, 'update folds set server = 1 where workspace_id = $1', [workspaceId])
  expect(await deleteForeignCounts(db, workspaceId, 2)).toBe(2)
  await foldWorkspace(db, workspaceId)
  const counts =
    "select sum(q0 + q1 + q2 + q3)::int as events from event_counts where workspace_id = $1 and cut = 'all'"
  expect(await queryTest(db, counts, [workspaceId])).toEqual([{ events: 3 }])
})
