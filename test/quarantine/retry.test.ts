import { sql } from 'kysely'
import { beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { parseEvent } from '../../src/domain/event.ts'
import { ingestBatch } from '../../src/ingest/ingest-batch.ts'
import { retryItem } from '../../src/quarantine/retry-item.ts'
import { unsealEvent } from '../../src/secrets/event-secrets-box.ts'
import { saveWorkspace } from '../../src/store/workspaces/save-workspace.ts'
import { WORKSPACE_ID, sampleEvent } from '../support/sample-event.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import {
  KEY,
  idsInQuarantine,
  SECRETS,
  putAside,
  quarantined,
  runQuarantine,
  storedEvents,
} from './quarantine-rig.ts'
import { maskingSecrets } from '../../src/secrets/masking-secrets.ts'

const PIN = '83041725'
const OTHER_WORKSPACE = '4f3a2b1c-0000-4000-8000-000000000001'
const UNKNOWN_WORKSPACE = '4f3a2b1c-0000-4000-8000-000000000002'

const { database, db } = await databaseOfThisFile()
beforeAll(async () => {
  for (const [configKey, workspaceId] of [
    ['one', WORKSPACE_ID],
    ['two', OTHER_WORKSPACE],
  ] as const)
    await saveWorkspace(db, { configKey, workspaceId, name: null, learnedFrom: 'configured' })
})
beforeEach(() => db.deleteFrom('quarantine').execute())

const run = (args: string[], ...keys: Buffer[]) => runQuarantine(database.url, args, keys)

describe('quarantine retry', () => {
  test.each([
    ['webhook', 'webhook_at', 'poll_at'],
    ['poll', 'poll_at', 'webhook_at'],
  ] as const)(
    'I2: an item that is usable now is stored as if it had just arrived by its own path, the %s, and leaves quarantine',
    async (path, sighting, otherSighting) => {
      const event = sampleEvent()
      const text = `{ "odd": 1.0, ${JSON.stringify(event).slice(1)}`
      const id = await putAside(db, text, { path, secrets: SECRETS })
      const { lines, said, error } = await run(['retry', id], KEY)
      expect(error).toBeNull()
      expect(lines).toEqual([`${id}  stored: lock.unlocked ${event.event_id}`])
      expect(said).toEqual(['1 stored, 0 still in quarantine.'])
      expect(await storedEvents(db, event.event_id)).toMatchObject([
        {
          body: text,
          workspace_id: WORKSPACE_ID,
          [sighting]: expect.any(String),
          [otherSighting]: null,
        },
      ])
      expect(await idsInQuarantine(db)).toEqual([])
    },
  )

  test('I2: a deletion of a client session that is retried ends the session, like one that arrives', async () => {
    const sessionId = crypto.randomUUID()
    const event = sampleEvent({ event_type: 'client_session.deleted', client_session_id: sessionId })
    const id = await putAside(db, event, { secrets: maskingSecrets() })
    expect((await run(['retry', id])).error).toBeNull()
    const sessions = await db.selectFrom('client_sessions').selectAll().execute()
    expect(sessions).toMatchObject([{ client_session_id: sessionId, deleted_at: expect.any(String) }])
  })

  test('I3: an item whose event was stored meanwhile only adds the missing sighting', async () => {
    const event = sampleEvent()
    await ingestBatch(db, [parseEvent(JSON.stringify(event), WORKSPACE_ID)], 'poll', maskingSecrets())
    const [before] = await storedEvents(db, event.event_id)
    const { method, ...rest } = event
    const id = await putAside(db, { method, ...rest }, { secrets: maskingSecrets(), path: 'webhook' })
    const { lines, error } = await run(['retry', id])
    expect(error).toBeNull()
    expect(lines[0]).toContain('was there before')
    expect(await storedEvents(db, event.event_id)).toEqual([{ ...before, webhook_at: expect.any(String) }])
    expect(await idsInQuarantine(db)).toEqual([])
  })

  test('E17, I11: an item whose event was stored meanwhile with another content stays, and the stored one as well', async () => {
    const event = sampleEvent()
    await ingestBatch(db, [parseEvent(JSON.stringify(event), WORKSPACE_ID)], 'poll', maskingSecrets())
    const before = await storedEvents(db, event.event_id)
    const id = await putAside(
      db,
      { ...event, method: 'changed' },
      { secrets: maskingSecrets(), path: 'webhook' },
    )
    const { lines, error } = await run(['retry', id])
    expect(lines[0]).toContain('stays: conflicting_event. An event with the id')
    expect(error?.message).toContain('stayed in quarantine')
    expect(await storedEvents(db, event.event_id)).toEqual(before)
    expect(await quarantined(db, id)).toMatchObject({ reason: 'conflicting_event', times_seen: 1 })
  })

  test('I3: eight retries of one item at once store it once, and only one of them reports it', async () => {
    const event = sampleEvent()
    const id = await putAside(db, event, { secrets: maskingSecrets() })
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => retryItem(db, maskingSecrets(), id)))
    expect(outcomes.filter(({ kind }) => kind === 'stored')).toHaveLength(1)
    expect(outcomes.filter(({ kind }) => kind === 'unknown')).toHaveLength(7)
    expect(await storedEvents(db, event.event_id)).toHaveLength(1)
  })

  test("I11: an item that is still unusable stays, with today's reason, and is reported", async () => {
    const event = sampleEvent({ created_at: 'yesterday' })
    const good = sampleEvent()
    const bad = await putAside(db, event, { reason: 'bad_event_id', secrets: SECRETS })
    const before = await quarantined(db, bad)
    const fine = await putAside(db, good, { secrets: SECRETS })
    const { lines, said, error } = await run(['retry', bad, fine], KEY)
    const detail = 'created_at is missing or not an RFC 3339 instant.'
    expect(lines).toEqual([
      `${bad}  stays: bad_created_at. ${detail}`,
      `${fine}  stored: lock.unlocked ${good.event_id}`,
    ])
    expect(said).toEqual(['1 stored, 1 still in quarantine.'])
    expect(error?.message).toBe('1 item could not be used and stayed in quarantine.')
    expect(await quarantined(db, bad)).toEqual({ ...before, reason: 'bad_created_at', detail })
    expect(await storedEvents(db, good.event_id)).toHaveLength(1)
  })

  test('I11: bytes that are not UTF-8 are not replaced to make an event of them', async () => {
    const event = sampleEvent()
    const text = Buffer.from(JSON.stringify({ ...event, name: 'cafX' }))
    text[text.indexOf('cafX') + 3] = 0xe9
    const id = await putAside(db, text, { secrets: SECRETS })
    expect((await run(['retry', id], KEY)).lines[0]).toBe(`${id}  stays: not_utf8. The body is not UTF-8.`)
    expect(await storedEvents(db, event.event_id)).toEqual([])
  })

  test('I11: an event that Postgres still refuses stays, as refused, and is not counted as seen again', async () => {
    const event = sampleEvent({ wide: 1 })
    await sql`alter table events add constraint too_narrow check (body::text not like '%wide%')`.execute(db)
    onTestFinished(async () => void (await sql`alter table events drop constraint too_narrow`.execute(db)))
    const id = await putAside(db, event, { secrets: maskingSecrets() })
    const { error } = await run(['retry', id])
    expect(error).not.toBeNull()
    expect(await quarantined(db, id)).toMatchObject({ reason: 'refused_by_database', times_seen: 1 })
    expect(await idsInQuarantine(db)).toEqual([id])
    expect(await storedEvents(db, event.event_id)).toEqual([])
  })

  test('I11: an event that the database refused before and takes now is stored', async () => {
    const event = sampleEvent()
    await sql`alter table events add constraint too_narrow check (body::text not like '%wide%')`.execute(db)
    await ingestBatch(
      db,
      [parseEvent(JSON.stringify({ ...event, wide: 1 }), WORKSPACE_ID)],
      'poll',
      maskingSecrets(),
    )
    const [id = ''] = await idsInQuarantine(db)
    expect(await quarantined(db, id)).toMatchObject({ reason: 'refused_by_database' })
    await sql`alter table events drop constraint too_narrow`.execute(db)
    expect((await run(['retry', id])).error).toBeNull()
    expect(await storedEvents(db, event.event_id)).toMatchObject([{ poll_at: expect.any(String) }])
  })

  test('retries all, or those with a reason or of a workspace, also more than it reads at once', async () => {
    const events = Array.from({ length: 3 }, () => sampleEvent())
    const first = await putAside(db, { ...events[0] }, { secrets: maskingSecrets(), reason: 'not_json' })
    const second = await putAside(db, { ...events[1] }, { secrets: maskingSecrets(), reason: 'bad_event_id' })
    const theirs = { ...events[2], workspace_id: OTHER_WORKSPACE }
    await putAside(db, theirs, {
      secrets: maskingSecrets(),
      reason: 'bad_event_id',
      workspaceId: OTHER_WORKSPACE,
    })
    await run(['retry', '--all', '--reason', 'bad_event_id', '--workspace', OTHER_WORKSPACE])
    expect(await idsInQuarantine(db)).toEqual([first, second])
    await run(['retry', '--all', '--reason', 'bad_event_id'])
    expect(await idsInQuarantine(db)).toEqual([first])
    await sql`insert into quarantine (workspace_id, body_digest, path, reason, detail, body, is_sealed)
          select ${WORKSPACE_ID}::uuid, sha256(n::text::bytea), 'poll', 'not_json', 'Many.', 'no JSON', false
          from generate_series(1, 600) n`.execute(db)
    const { said, error } = await run(['retry', '--all'])
    expect(said.at(-1)).toBe('1 stored, 600 still in quarantine.')
    expect(error?.message).toContain('600 items')
  })

  test('reports unknown ids, and retries the others', async () => {
    const event = sampleEvent()
    const id = await putAside(db, event, { secrets: maskingSecrets() })
    const { lines, said, error } = await run(['retry', '999999', id, id])
    expect(lines).toContain('999999  is not in quarantine')
    expect(said.at(-1)).toBe('1 stored, 0 still in quarantine.')
    expect(error?.message).toContain('There is no item 999999 in quarantine')
    expect(await storedEvents(db, event.event_id)).toHaveLength(1)
  })

  test.each([
    [['retry'], 'say --all'],
    [['retry', '1', '--all'], 'not both'],
    [['retry', '1', '--reason', 'not_json'], 'do not go with named items'],
    [['retry', '--all', '--as', OTHER_WORKSPACE], 'needs --workspace'],
    [['retry', 'one'], 'no item one'],
    [['retry', '--all', '--workspace', 'mine'], 'UUID'],
  ])('refuses %j', async (args, message) => {
    const id = await putAside(db, sampleEvent(), { secrets: maskingSecrets() })
    expect((await run(args)).error?.message).toContain(message)
    expect(await idsInQuarantine(db)).toEqual([id])
  })
})

describe('quarantine retry of a body with PINs', () => {
  test('I9: a sealed one becomes an event whose PIN is sealed, and can be read with the key', async () => {
    const event = sampleEvent({ code: PIN })
    const id = await putAside(db, event, { secrets: SECRETS })
    expect((await run(['retry', id], KEY)).error).toBeNull()
    const [row] = await storedEvents(db, event.event_id)
    expect(row?.body).not.toContain(PIN)
    expect(Buffer.from(row?.secrets ?? []).toString('latin1')).not.toContain(PIN)
    const text = unsealEvent(
      SECRETS,
      row?.body ?? '',
      row?.secrets ?? Buffer.of(),
      WORKSPACE_ID,
      event.event_id,
    )
    expect(text).toBe(JSON.stringify(event))
  })

  test('I11: a sealed one that no key opens stays as it is, and says which key is missing', async () => {
    const event = sampleEvent({ code: PIN })
    const id = await putAside(db, event, { secrets: SECRETS })
    const before = await quarantined(db, id)
    for (const keys of [[], [Buffer.alloc(32, 8)]]) {
      const { lines, error } = await run(['retry', id], ...keys)
      expect(error).not.toBeNull()
      expect(lines[0]).toContain(`${id}  stays: bad_created_at. The body is sealed`)
      expect(lines[0]).toContain(SECRETS.keyIds[0])
    }
    expect(await quarantined(db, id)).toEqual(before)
  })

  test('I9: one that was kept without its PIN becomes an event with a mask, and no sealed mask', async () => {
    const event = sampleEvent({ code: PIN })
    const id = await putAside(db, event, { secrets: maskingSecrets() })
    expect((await run(['retry', id], KEY)).error).toBeNull()
    expect(await storedEvents(db, event.event_id)).toMatchObject([
      { body: JSON.stringify({ ...event, code: '****' }), secrets: null },
    ])
  })

  test('of two copies of one event, --all stores the one with its PIN, whichever came first', async () => {
    const event = sampleEvent({ code: PIN })
    await putAside(db, event, { secrets: maskingSecrets() })
    await putAside(db, event, { secrets: SECRETS })
    expect((await run(['retry', '--all'], KEY)).error).toBeNull()
    const [row] = await storedEvents(db, event.event_id)
    expect(row?.secrets).not.toBeNull()
    expect(await idsInQuarantine(db)).toEqual([])
  })
})

describe("quarantine retry of another workspace's event", () => {
  const theirs = () => sampleEvent({ workspace_id: OTHER_WORKSPACE })
  const foreign = { reason: 'foreign_workspace', secrets: SECRETS } as const

  test('I10: it stays unless --as says which workspace it is for', async () => {
    const event = theirs()
    const id = await putAside(db, event, foreign)
    const { lines } = await run(['retry', id], KEY)
    expect(lines[0]).toBe(`${id}  stays: foreign_workspace. workspace_id names another workspace.`)
    expect(await storedEvents(db, event.event_id)).toEqual([])
  })

  test('with --as it is stored for the workspace that it names', async () => {
    const event = theirs()
    const id = await putAside(db, event, foreign)
    const { error } = await run(['retry', id, '--as', OTHER_WORKSPACE.toUpperCase()], KEY)
    expect(error).toBeNull()
    expect(await storedEvents(db, event.event_id)).toMatchObject([{ workspace_id: OTHER_WORKSPACE }])
    expect(await idsInQuarantine(db)).toEqual([])
  })

  test('I10: --as stores nothing for a workspace that the event does not name', async () => {
    const event = sampleEvent({ workspace_id: UNKNOWN_WORKSPACE })
    const id = await putAside(db, event, foreign)
    expect((await run(['retry', id, '--as', OTHER_WORKSPACE], KEY)).error).not.toBeNull()
    expect(await idsInQuarantine(db)).toEqual([id])
    expect(await storedEvents(db, event.event_id)).toEqual([])
  })

  test("I10: --as leaves a workspace's own events, also those that name none, where they belong", async () => {
    const { workspace_id: _, ...unnamed } = sampleEvent()
    const own = sampleEvent()
    const ids = [
      await putAside(db, unnamed, { secrets: maskingSecrets() }),
      await putAside(db, own, { secrets: maskingSecrets() }),
    ]
    expect((await run(['retry', ...ids, '--as', OTHER_WORKSPACE])).error).toBeNull()
    for (const { event_id: eventId } of [unnamed as { event_id: string }, own])
      expect(await storedEvents(db, eventId)).toMatchObject([{ workspace_id: WORKSPACE_ID }])
  })

  test('I10: --as is refused for a workspace that is not known', async () => {
    const event = sampleEvent({ workspace_id: UNKNOWN_WORKSPACE })
    const id = await putAside(db, event, foreign)
    const { error } = await run(['retry', id, '--as', UNKNOWN_WORKSPACE], KEY)
    expect(error?.message).toContain('is not known here')
    expect(await idsInQuarantine(db)).toEqual([id])
    expect(await storedEvents(db, event.event_id)).toEqual([])
  })

  test('--all with --as and --workspace assigns only the items of that one workspace', async () => {
    const [taken, left] = [theirs(), theirs()]
    await putAside(db, taken, foreign)
    const other = await putAside(db, left, { ...foreign, workspaceId: UNKNOWN_WORKSPACE })
    await run(['retry', '--all', '--workspace', WORKSPACE_ID, '--as', OTHER_WORKSPACE], KEY)
    expect(await idsInQuarantine(db)).toEqual([other])
    expect(await storedEvents(db, taken.event_id)).toHaveLength(1)
  })
})

describe('a retry that fails half-way', () => {
  /** Makes Postgres raise an error at this moment for the work of one call. */
  async function failing(when: string, work: () => Promise<unknown>): Promise<void> {
    await sql`create function fail() returns trigger language plpgsql as $$ begin raise exception 'no more'; end $$`.execute(
      db,
    )
    await sql`create constraint trigger fail ${sql.raw(when)} for each row execute function fail()`.execute(
      db,
    )
    try {
      await work()
    } finally {
      await sql`drop function fail cascade`.execute(db)
    }
  }

  test.each([
    ['the event is stored', 'after insert on events'],
    ['the item is removed', 'after delete on quarantine'],
    ['it is committed', 'after delete on quarantine deferrable initially deferred'],
    ['it is committed, because of the event', 'after insert on events deferrable initially deferred'],
  ])(
    'I11: when %s, leaves the item in quarantine and no event; then it can be retried',
    async (_what, when) => {
      const event = sampleEvent()
      const id = await putAside(db, event, { secrets: SECRETS })
      const before = await quarantined(db, id)
      await failing(when, async () => {
        const { lines, error } = await run(['retry', id], KEY)
        expect(lines).toEqual([])
        expect(error?.message).toContain(`Item ${id} could not be retried and is still in quarantine`)
        expect(error?.cause).toMatchObject({ message: 'no more' })
      })
      expect(await quarantined(db, id)).toEqual(before)
      expect(await storedEvents(db, event.event_id)).toEqual([])
      expect((await run(['retry', id], KEY)).error).toBeNull()
      expect(await storedEvents(db, event.event_id)).toHaveLength(1)
    },
  )

  test('I11: does not undo the items before it', async () => {
    const [first, second] = [sampleEvent(), sampleEvent({ event_type: 'x.poisoned' })]
    await putAside(db, first, { secrets: maskingSecrets() })
    const id = await putAside(db, second, { secrets: maskingSecrets() })
    await sql`create function fail() returns trigger language plpgsql as $$ begin raise exception 'no more'; end $$`.execute(
      db,
    )
    await sql`create trigger fail after insert on events for each row when (new.event_type = 'x.poisoned') execute function fail()`.execute(
      db,
    )
    const { lines, error } = await run(['retry', '--all'])
    await sql`drop function fail cascade`.execute(db)
    expect(lines).toEqual([expect.stringContaining(`stored: lock.unlocked ${first.event_id}`)])
    expect(error?.message).toContain(`Item ${id}`)
    expect(await idsInQuarantine(db)).toEqual([id])
  })

  test('I11: an item that is discarded while it is retried leaves no event', async () => {
    const event = sampleEvent()
    const id = await putAside(db, event, { secrets: maskingSecrets() })
    const discarding = await db.startTransaction().execute()
    await discarding.deleteFrom('quarantine').execute()
    const retrying = retryItem(db, maskingSecrets(), id)
    await expect
      .poll(() =>
        sql`select from pg_stat_activity where wait_event_type = 'Lock' and query like 'delete from "quarantine"%'`
          .execute(db)
          .then(({ rows }) => rows.length),
      )
      .toBe(1)
    await discarding.commit().execute()
    expect(await retrying).toEqual({ kind: 'unknown' })
    expect(await storedEvents(db, event.event_id)).toEqual([])
  })
})
