import { type Transaction, sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parseEvent } from '../../src/domain/event.ts'
import { ingestInTransaction } from '../../src/ingest/ingest-batch.ts'
import { queryTest } from '../support/query-test.ts'
import type { Db } from '../../src/store/database.ts'
import type { Database } from '../../src/store/schema.ts'
import { expectNoFalseClaim } from '../poller/poller-rig.ts'
import { deliver } from '../support/sign-delivery.ts'
import { type TcpProxy, startTcpProxy } from '../support/tcp-proxy.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import { BEHIND_MS, deliverUntilTaken, expectAllGoodAgain, makeNews, startFaultRig } from './fault-rig.ts'
import { maskingSecrets } from '../../src/secrets/masking-secrets.ts'

/* What Postgres may answer instead of doing what it was asked, on the way of a webhook and on that of a page. */

const { database, db } = await databaseOfThisFile()

/** Every statement that writes events fails like this, as if the server had said so by itself. */
async function raise(state: string, text: string): Promise<() => Promise<unknown>> {
  await sql
    .raw(
      `create function fail_on_purpose() returns trigger language plpgsql as $$
       begin raise exception '${text}' using errcode = '${state}'; end $$;
       create trigger fail_on_purpose before insert on events execute function fail_on_purpose()`,
    )
    .execute(db)
  return () => sql`drop function fail_on_purpose cascade`.execute(db)
}

/** As after a failover to a standby. The setting holds for new connections, so the old ones are cut. */
async function readOnly(proxy: TcpProxy): Promise<() => Promise<unknown>> {
  const name = sql.id(new URL(database.url).pathname.slice(1))
  const reconnect = async () => {
    await proxy.cut()
    await proxy.restore()
  }
  await sql`alter database ${name} set default_transaction_read_only = on`.execute(db)
  await reconnect()
  return async () => {
    await sql`alter database ${name} reset default_transaction_read_only`.execute(db)
    await reconnect()
  }
}

async function cut(proxy: TcpProxy): Promise<() => Promise<unknown>> {
  await proxy.cut()
  return () => proxy.restore()
}

const failures: [title: string, apply: (proxy: TcpProxy) => Promise<() => Promise<unknown>>][] = [
  ['its disk is full (53100)', () => raise('53100', 'could not extend file: No space left on device')],
  ['it is read-only (25006)', readOnly],
  ['it cannot serialize access (40001)', () => raise('40001', 'could not serialize access')],
  ['it cannot be reached', cut],
]

describe('I1, I4: while Postgres cannot store because', () => {
  test.each(failures)(
    '%s, webhooks are answered 503, pages prove nothing, and afterwards all is there once',
    async (_title, apply) => {
      const proxy = await startTcpProxy(database.url)
      onTestFinished(() => proxy.stop())
      const rig = await startFaultRig({ url: proxy.url, db })
      const before = await rig.coverage()
      const [pushed] = makeNews(rig)

      const undo = await apply(proxy)
      try {
        const answer = await deliver(rig.app.url, pushed ?? {})
        expect(answer.status).toBe(503)
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0)
        const run = await rig.poll()
        expect(run?.outcome ?? 'failed').toBe('failed')
        expect(rig.app.pollers[0]?.status().failures).toBeGreaterThan(0)
        expect(await rig.coverage()).toEqual(before)
        expect((await fetch(`${rig.app.url}/livez`)).status).toBe(200)
      } finally {
        await undo()
      }
      await deliverUntilTaken(rig.app.url, pushed)
      await expectAllGoodAgain(rig)
    },
  )
})

/** Backends of the service that wait for a lock. */
const waiting = () =>
  queryTest(
    db,
    `select pid from pg_stat_activity
     where datname = current_database() and application_name = 'seam-mirror' and wait_event_type = 'Lock'
       and pid <> pg_backend_pid()`,
  )

type Trx = Transaction<Database>

/** As another replica would store it. */
const storeIn = (trx: Trx, event: { workspace_id?: unknown } = {}) =>
  ingestInTransaction(
    trx,
    [parseEvent(JSON.stringify(event), String(event.workspace_id))],
    'webhook',
    maskingSecrets(),
  )

/**
 * A deadlock in which the service is the one to be cancelled: it waits first, so its timer (deadlock_timeout, a second) runs
 * out first. `hold` takes what the service will need second, `close` what it will have taken first. Resolves when Postgres has
 * cancelled the service's transaction; nothing else could let `close` succeed.
 */
async function deadlock<Result>(
  use: Db,
  {
    hold,
    cause,
    close,
  }: { hold: string; cause: () => Promise<Result>; close: (trx: Trx) => Promise<unknown> },
): Promise<Result> {
  const other = await use.startTransaction().execute()
  await sql`set local deadlock_timeout = '20s'`.execute(other)
  await sql.raw(hold).execute(other)
  const result = cause()
  await expect.poll(waiting, { interval: 5 }).not.toEqual([])
  await close(other)
  await other.rollback().execute()
  return result
}

describe('a deadlock (40P01)', () => {
  test('I1: that cancels the storing of a webhook: it is stored by a second attempt, the service’s or the sender’s', async () => {
    const rig = await startFaultRig({ url: database.url, db })
    const event = {
      event_id: crypto.randomUUID(),
      event_type: 'client_session.deleted',
      workspace_id: rig.workspaceId,
      created_at: new Date().toISOString(),
      client_session_id: crypto.randomUUID(),
    }
    const answer = await deadlock(db, {
      hold: 'lock table client_sessions in share row exclusive mode',
      cause: () => deliver(rig.app.url, event),
      close: (trx) => storeIn(trx, event),
    })
    expect([204, 503]).toContain(answer.status)
    const stored = () => queryTest(db, 'select event_type from events where event_id = $1', [event.event_id])
    expect(await stored()).toHaveLength(answer.status === 204 ? 1 : 0)
    expect((await deliver(rig.app.url, event)).status).toBe(204)
    expect(await stored()).toEqual([{ event_type: event.event_type }])
  })

  test('I4: that cancels a page proves nothing by itself, and the page is stored by a second attempt', async () => {
    const rig = await startFaultRig({ url: database.url, db })
    makeNews(rig)
    const run = await deadlock(db, {
      hold: 'lock table events in share row exclusive mode',
      cause: () => rig.poll(),
      close: (trx) =>
        sql`update leases set expires_at = expires_at where workspace_id = ${rig.workspaceId}`.execute(trx),
    })
    expect(['complete', 'partial', 'failed']).toContain(run?.outcome)
    await expectNoFalseClaim(rig)
    await expectAllGoodAgain(rig)
  })
})

test('I1, I4: a serialization failure by a concurrent writer loses nothing on either path', async () => {
  // A database whose transactions are repeatable read by default, as some are configured.
  const name = sql.id(new URL(database.url).pathname.slice(1))
  await sql`alter database ${name} set default_transaction_isolation = 'repeatable read'`.execute(db)
  onTestFinished(async () => {
    await sql`alter database ${name} reset default_transaction_isolation`.execute(db)
  })
  const rig = await startFaultRig({ url: database.url, db })
  const [pushed, pulled] = rig.seam.emit(2)
  rig.seam.setFaults({ clockOffsetMs: 30_000 - BEHIND_MS })
  for (const [event, cause] of [
    [pushed, async () => (await deliver(rig.app.url, pushed ?? {})).status],
    [pulled, async () => (await rig.poll())?.outcome],
  ] as const) {
    // The same event by another writer, which commits while the service waits for it: the service's snapshot is too old then.
    const other = await db.startTransaction().execute()
    await storeIn(other, event)
    const result = cause()
    await expect.poll(waiting, { interval: 5 }).not.toEqual([])
    await other.commit().execute()
    expect([204, 503, 'complete', 'partial', 'failed']).toContain(await result)
    await expectNoFalseClaim(rig)
  }
  expect((await deliver(rig.app.url, pushed ?? {})).status).toBe(204)
  await expectAllGoodAgain(rig)
})
