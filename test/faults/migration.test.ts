import { copyFile, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { migrate, MIGRATIONS_DIR } from '../../src/postgres/migrate.ts'
import { queryTest } from '../support/query-test.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import { streamWebhooks } from '../support/webhook-stream.ts'
import { expectAllGoodAgain, startFaultRig } from './fault-rig.ts'

const { database, db } = await databaseOfThisFile()

test('I1, I4: while another replica migrates to a newer release, this one goes on by both paths and loses nothing', async () => {
  const rig = await startFaultRig({ url: database.url, db })
  const folder = await mkdtemp(path.join(tmpdir(), 'seam-mirror-newer-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  for (const file of await readdir(MIGRATIONS_DIR))
    await copyFile(path.join(MIGRATIONS_DIR, file), path.join(folder, file))
  // Everything is locked against readers and writers until the migration ends; it ends when the test lets it.
  await writeFile(
    path.join(folder, '0999_newer.sql'),
    `alter table events add column newer text not null default 'newer';
     alter table coverage add column newer integer;
     create index events_newer on events (newer);
     select pg_advisory_xact_lock(4711);`,
  )
  const gate = await db.startTransaction().execute()
  await queryTest(gate, 'select pg_advisory_xact_lock(4711)')

  const stream = streamWebhooks(rig.app.url, 5, rig.workspaceId)
  await expect.poll(() => stream.result.acknowledged.length).toBeGreaterThan(20)
  const migrating = migrate(database.open(2), folder)
  const waitingFor = (what: string) =>
    queryTest(
      db,
      `select 1 from pg_stat_activity
       where datname = current_database() and wait_event_type = 'Lock' and query ilike $1 and pid <> pg_backend_pid()`,
      [what],
    )
  await expect.poll(() => waitingFor('%pg_advisory_xact_lock(4711)%')).not.toEqual([])
  // Both paths run into the locks.
  rig.seam.emit(10)
  const polling = rig.poll()
  await expect.poll(() => waitingFor('%insert into events%')).not.toEqual([])
  const { length } = stream.result.acknowledged
  await gate.rollback().execute()
  expect(await migrating).toEqual({ applied: ['0999_newer'] })
  await polling

  await expect.poll(() => stream.result.acknowledged.length).toBeGreaterThan(length + 20)
  stream.stop()
  await stream.ended
  expect(stream.result.unanswered).toEqual([])
  expect(stream.result.refused.filter((status) => status !== 503)).toEqual([])
  const rows = await queryTest<{ id: string }>(db, 'select event_id::text as id from events')
  const stored = new Set(rows.map(({ id }) => id))
  expect(stream.result.acknowledged.filter((id) => !stored.has(id))).toEqual([])
  // The schema is newer than this release: it says so, and goes on.
  expect((await fetch(`${rig.app.url}/readyz`)).status).toBe(503)
  await queryTest(db, 'delete from events where poll_at is null')
  await expectAllGoodAgain(rig)
})
