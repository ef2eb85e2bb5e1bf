import { randomUUID } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { type IngestPath, parseEvent } from '../../src/domain/event.ts'
import { foldWorkspace } from '../../src/folds/fold-workspace.ts'
import { ingestBatch, ingestInTransaction } from '../../src/ingest/ingest-batch.ts'
import { queryTest } from '../support/query-test.ts'
import { maskingSecrets } from '../../src/secrets/masking-secrets.ts'
import { foldPage } from '../../src/store/folds/fold-page.ts'
import { listUnfolded } from '../../src/store/folds/list-unfolded.ts'
import { lockFold } from '../../src/store/folds/lock-fold.ts'
import { sampleEvent } from '../support/sample-event.ts'
import { databaseOfThisFile } from '../support/test-database.ts'

const { db } = await databaseOfThisFile()

const ACCOUNT = 'c35ecf64-474a-466a-95a6-7b35cb4c8bb4'

function events(workspaceId: string, fields: readonly Record<string, unknown>[]) {
  return fields.map((each) =>
    parseEvent(JSON.stringify(sampleEvent({ workspace_id: workspaceId, ...each })), workspaceId),
  )
}

async function store(
  workspaceId: string,
  fields: readonly Record<string, unknown>[],
  path: IngestPath = 'webhook',
): Promise<void> {
  await ingestBatch(db, events(workspaceId, fields), path, maskingSecrets())
}

/** Folds until all events of the workspace that were committed are folded: other test files' transactions hold the fold back as well. */
async function foldAll(workspaceId: string, expected: number, pageEvents = 3): Promise<void> {
  for (;;) {
    while (await foldWorkspace(db, workspaceId, pageEvents));
    const [row] = await queryTest<{ folded: number }>(
      db,
      'select folded_events::int as folded from folds where workspace_id = $1',
      [workspaceId],
    )
    if (row !== undefined && row.folded >= expected) return
    await setTimeout(10)
  }
}

async function countsOf(workspaceId: string): Promise<string[]> {
  const rows = await queryTest<{ line: string }>(
    db,
    `select concat_ws(' ', cut, to_char(hour at time zone 'UTC', 'HH24'), nullif(event_type, ''),
       nullif(connected_account_id, '00000000-0000-0000-0000-000000000000'), path, q0, q1, q2, q3) as line
     from event_counts where workspace_id = $1 order by 1`,
    [workspaceId],
  )
  return rows.map(({ line }) => line)
}

/** What counting the events gives, in the same lines. */
async function plainCountsOf(workspaceId: string): Promise<string[]> {
  const rows = await queryTest<{ line: string }>(
    db,
    `with e as (
       select *, floor(extract(epoch from created_at) / 900)::bigint % 4 as quarter, date_trunc('hour', created_at, 'UTC') as hour,
         case when webhook_at is not null and (poll_at is null or webhook_at < poll_at) then 'webhook' else 'poll' end as path
       from events where workspace_id = $1)
     select concat_ws(' ', cut, to_char(hour at time zone 'UTC', 'HH24'), type, account, path, count(*) filter (where quarter = 0),
       count(*) filter (where quarter = 1), count(*) filter (where quarter = 2), count(*) filter (where quarter = 3)) as line
     from e, lateral (values ('all', null, null), ('type', event_type, null), ('account', null, connected_account_id::text)) as by (cut, type, account)
     group by cut, hour, type, account, path order by 1`,
    [workspaceId],
  )
  return rows.map(({ line }) => line)
}

const at = (time: string) => ({ created_at: `2026-06-15T${time}Z` })

test('I16: folded events are counted once in each cut, by quarter, type, account and path of first sighting', async () => {
  const workspaceId = randomUUID()
  const twice = randomUUID()
  await store(workspaceId, [
    at('16:00:00'),
    at('16:14:59.999999'),
    at('16:15:00'),
    at('16:59:59'),
    { ...at('17:30:00'), event_id: twice },
    { ...at('17:30:00'), event_type: 'device.connected', connected_account_id: undefined },
  ])
  await store(workspaceId, [at('16:30:00'), { ...at('17:30:00'), event_id: twice }], 'poll')
  await foldAll(workspaceId, 7)
  const counts = await countsOf(workspaceId)
  expect(counts).toEqual(await plainCountsOf(workspaceId))
  expect(counts).toEqual(
    expect.arrayContaining([
      'all 16 webhook 2 1 0 1',
      'all 16 poll 0 0 1 0',
      'type 17 device.connected webhook 0 0 1 0',
      'account 17 webhook 0 0 1 0',
      `account 17 ${ACCOUNT} webhook 0 0 1 0`,
    ]),
  )
  expect(await listUnfolded(db, [workspaceId])).toEqual([])
})

test('I16: an event of a transaction that is still open is folded after its commit, and none is skipped', async () => {
  const workspaceId = randomUUID()
  const older = await db.startTransaction().execute()
  await ingestInTransaction(older, events(workspaceId, [at('10:00:00')]), 'poll', maskingSecrets())
  await store(workspaceId, [at('11:00:00')])
  await foldWorkspace(db, workspaceId)
  expect(await countsOf(workspaceId)).toEqual([])
  await older.commit().execute()
  await store(workspaceId, [at('12:00:00')])
  await foldAll(workspaceId, 3)
  expect(await countsOf(workspaceId)).toEqual(await plainCountsOf(workspaceId))
})

test('I16: a fold that is killed has folded nothing, and the next one folds it all', async () => {
  const workspaceId = randomUUID()
  await store(workspaceId, [at('10:00:00'), at('10:20:00')])
  await expect(
    db.transaction().execute(async (trx) => {
      const cursor = await lockFold(trx, workspaceId)
      while ((await foldPage(trx, workspaceId, cursor, 10)) < 2) await setTimeout(10)
      await queryTest(trx, 'select pg_terminate_backend(pg_backend_pid())')
    }),
  ).rejects.toThrow(/terminat/)
  expect(await countsOf(workspaceId)).toEqual([])
  await foldAll(workspaceId, 2)
  expect(await countsOf(workspaceId)).toEqual(await plainCountsOf(workspaceId))
})

test('I16: folds of several processes at once, also the first ones, count every event once', async () => {
  const workspaceId = randomUUID()
  const fields = Array.from({ length: 40 }, (_, i) => at(`1${i % 10}:${10 + i}:00`))
  await store(workspaceId, fields)
  await Promise.all(Array.from({ length: 8 }, () => foldWorkspace(db, workspaceId, 7)))
  await foldAll(workspaceId, 40)
  expect(await countsOf(workspaceId)).toEqual(await plainCountsOf(workspaceId))
})

test('I16: what another server has folded is folded anew, after a dump and restore', async () => {
  const workspaceId = randomUUID()
  await store(workspaceId, [at('10:00:00'), at('11:00:00')])
  await foldAll(workspaceId, 2)
  await queryTest(
    db,
    `update folds set server = server + 1, arrival_transaction = '9000000000000', folded_events = 0 where workspace_id = $1`,
    [workspaceId],
  )
  expect(await listUnfolded(db, [workspaceId])).toEqual([workspaceId])
  await foldAll(workspaceId, 2)
  expect(await countsOf(workspaceId)).toEqual(await plainCountsOf(workspaceId))
})

test('I16: the path of first sighting stays, also when the second sighting’s clock is behind the first one’s', async () => {
  const workspaceId = randomUUID()
  const byPoll = { event_id: randomUUID(), ...at('10:00:00') }
  const byWebhook = { event_id: randomUUID(), ...at('11:00:00') }
  await store(workspaceId, [byPoll], 'poll')
  await store(workspaceId, [byWebhook], 'webhook')
  await foldAll(workspaceId, 2)
  await queryTest(
    db,
    `update events set poll_at = poll_at + interval '1 hour', webhook_at = webhook_at + interval '1 hour' where workspace_id = $1`,
    [workspaceId],
  )
  await store(workspaceId, [byPoll, byWebhook], 'webhook')
  await store(workspaceId, [byPoll, byWebhook], 'poll')
  expect(await countsOf(workspaceId)).toEqual(await plainCountsOf(workspaceId))
  // A text that differs causes an update without being a sighting.
  const again = { event_id: randomUUID() }
  await store(workspaceId, [again], 'poll')
  await store(workspaceId, [{ ...again, method: 'other' }], 'poll')
  const rows = await queryTest<{ webhook_at: string | null }>(
    db,
    'select webhook_at from events where workspace_id = $1 and event_id = $2',
    [workspaceId, again.event_id],
  )
  expect(rows).toEqual([{ webhook_at: null }])
})
