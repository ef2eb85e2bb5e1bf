import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { sealingSecrets } from '../../src/secrets/sealing-secrets.ts'
import { MAX_SESSION_BYTES } from '../../src/seam/list-client-sessions.ts'
import { listSessionsByToken } from '../../src/store/sessions/list-sessions-by-token.ts'
import { queryTest } from '../support/query-test.ts'
import { runQuarantine } from '../quarantine/quarantine-rig.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import { type SampleSession, sampleSession, sha256 } from './sample-session.ts'
import { liveIds, sessionRows, startSync } from './sync-rig.ts'
import { type Answer, listing, startUpstream } from './upstream.ts'
import { maskingSecrets } from '../../src/secrets/masking-secrets.ts'

const { database, db } = await databaseOfThisFile()
beforeEach(() => database.empty())

const KEY = Buffer.alloc(32, 7)
const [known, changing, bad] = [sampleSession(), sampleSession(), sampleSession()]
const stateOf = async ({ token }: SampleSession) => {
  const hash = sha256(token).toString('hex')
  return (await listSessionsByToken(db, [hash])).get(hash)?.state ?? null
}
const quarantined = () =>
  queryTest<{ reason: string; path: string; times: number }>(
    db,
    'select reason, path, times_seen as times from quarantine order by reason',
  )

/** A sync that has copied `known` and `changing`. */
async function synced() {
  const upstream = await startUpstream()
  upstream.sessions = listing(known, changing)
  const sync = await startSync(db, upstream.url, { secondLookSeconds: 0 })
  await sync.syncNow()
  expect(await liveIds(db)).toHaveLength(2)
  return { upstream, sync }
}

const deep = `{"client_session_id":"deep","nested":${'['.repeat(50_000)}${']'.repeat(50_000)}}`
const large = { ...bad, padding: 'x'.repeat(MAX_SESSION_BYTES) }
const binary: Answer = (response) => {
  const [before, after] = listing(known, { ...changing, device_count: 9 }, { ...bad, name: 'NAME' }).split(
    'NAME',
  )
  response.end(Buffer.concat([Buffer.from(before ?? ''), Buffer.from([0xff]), Buffer.from(after ?? '')]))
}

describe('E9, I11: of a listing with one session that cannot be used, the rest is stored, and that one is kept in quarantine', () => {
  test.each<[string, object | string | null | { answer: Answer }, string]>([
    ['null', null, 'session_not_an_object'],
    ['a text', '"x"', 'session_not_an_object'],
    ['a list', [bad], 'session_not_an_object'],
    ['without an id', { ...bad, client_session_id: undefined }, 'session_bad_id'],
    ['with an empty id', { ...bad, client_session_id: '' }, 'session_bad_id'],
    ['with a NUL in its id', { ...bad, client_session_id: 'a\0' }, 'session_bad_id'],
    ['with half a surrogate pair in its id', '{"client_session_id":"\\ud800"}', 'session_bad_id'],
    ['with an id of 201 characters', { ...bad, client_session_id: 'x'.repeat(201) }, 'session_bad_id'],
    ['of another workspace', { ...bad, workspace_id: randomUUID() }, 'session_foreign_workspace'],
    ['of no workspace where one was named', { ...bad, workspace_id: null }, 'session_foreign_workspace'],
    ['of a megabyte', large, 'session_too_large'],
    ['that Postgres refuses', deep, 'session_refused_by_database'],
    ['that is not UTF-8', { answer: binary }, 'session_not_utf8'],
    ['with its token for an id', { ...bad, client_session_id: bad.token }, 'session_token_elsewhere'],
    ['with its token for a name', { ...bad, [bad.token]: 1 }, 'session_token_elsewhere'],
  ])('one %s', async (_title, item, reason) => {
    const { upstream, sync } = await synced()
    upstream.sessions =
      item !== null && typeof item === 'object' && 'answer' in item
        ? item.answer
        : listing(known, { ...changing, device_count: 9 }, item)
    for (const times of [1, 2]) {
      await sync.syncNow()
      expect(await quarantined()).toEqual([{ reason, path: 'sessions', times }])
    }
    expect(sync.logs.filter((line) => line.includes(`"reason":"${reason}"`))).toHaveLength(1)
    expect(sync.status()).toMatchObject({ failures: 0, lastError: null })
    expect(sync.status().lastCounts).toMatchObject({ listed: 3, unusable: 1 })
    const rows = await sessionRows(db)
    expect(rows).toHaveLength(2)
    expect(rows.map(({ body }) => body).join('')).toContain('"device_count":9')
    expect([await stateOf(known), await stateOf(changing)]).toEqual(['live', 'live'])
    expect(sync.logs.join('')).not.toContain(bad.token)
  })

  test('two different sessions with one id: neither is stored, and the stored token opens nothing until only one is listed', async () => {
    const { upstream, sync } = await synced()
    const before = await sessionRows(db)
    const upperCase = { ...known, client_session_id: known.client_session_id.toUpperCase(), device_count: 9 }
    for (const again of [{ ...known, device_count: 9 }, upperCase]) {
      upstream.sessions = listing(known, changing, bad, again)
      await sync.syncNow()
      expect(sync.status().lastCounts).toMatchObject({ listed: 4, unusable: 2, unconfirmed: 1 })
      expect((await sessionRows(db)).map(({ body }) => body)).toEqual(
        expect.arrayContaining(before.map(({ body }) => body)),
      )
      expect([await stateOf(known), await stateOf(changing), await stateOf(bad)]).toEqual([
        'unconfirmed',
        'live',
        'live',
      ])
    }
    upstream.sessions = listing(known, changing, bad)
    await sync.syncNow()
    expect(await stateOf(known)).toBe('live')
  })

  test('a session that is listed twice identically counts once', async () => {
    const { upstream, sync } = await synced()
    upstream.sessions = listing(known, changing, known)
    await sync.syncNow()
    expect(sync.status().lastCounts).toMatchObject({ listed: 3, unusable: 0, stored: 0 })
    expect(await quarantined()).toEqual([])
  })

  test('a session that was deleted upstream meanwhile is refused at once, and deleted when the next listing lacks it too', async () => {
    const { upstream, sync } = await synced()
    upstream.sessions = listing(known, { ...bad, client_session_id: 'x'.repeat(201) })
    await sync.syncNow()
    expect([await stateOf(known), await stateOf(changing)]).toEqual(['live', 'unconfirmed'])
    expect(await liveIds(db)).toHaveLength(2)
    await sync.syncNow()
    expect(await stateOf(changing)).toBeNull()
    expect(await liveIds(db)).toEqual([known.client_session_id])
  })

  test('many unusable sessions in one part do not affect the usable ones', async () => {
    const { upstream, sync } = await synced()
    const good = Array.from({ length: 40 }, () => sampleSession())
    const refused = [3, 4, 17].map((n) => deep.replace('"deep"', `"deep ${n}"`))
    upstream.sessions = listing(known, changing, ...good.slice(0, 20), ...refused, ...good.slice(20))
    await sync.syncNow()
    expect(await liveIds(db)).toHaveLength(42)
    expect(sync.status().lastCounts).toMatchObject({ stored: 40, unusable: 3 })
  })
})

describe('E9: what is in quarantine of a listing', () => {
  const inQuarantine = async (item: object | string, hasKey = true) => {
    const upstream = await startUpstream()
    upstream.sessions = listing(known, item)
    const sync = await startSync(db, upstream.url, {
      secrets: hasKey ? sealingSecrets([KEY]) : maskingSecrets(),
    })
    await sync.syncNow()
    const [row] = await queryTest<{ id: string }>(db, 'select quarantine_id as id from quarantine')
    return row?.id ?? ''
  }
  const run = (...args: string[]) => runQuarantine(database.url, args, [KEY])

  test('I9: is shown by its form only, unless its secrets are asked for; without a key nothing else was kept', async () => {
    const item = { ...bad, client_session_id: 7, more: { of: [{ it: bad.token }] } }
    const id = await inQuarantine(item)
    const shown = await run('show', id)
    expect(shown.text).toContain('session_bad_id')
    expect(shown.text).toContain('"more":{"of":[{"it":"****"}]}')
    expect(shown.text).not.toContain(bad.token)
    expect((await run('show', id, '--secrets')).text).toContain(bad.token)
    await database.empty()
    const masked = await inQuarantine(item, false)
    expect((await run('show', masked, '--secrets')).text).not.toContain(bad.token)
  })

  test('E9, I11: keeps its own reason without a key, though most sessions look alike when they are masked', async () => {
    const upstream = await startUpstream()
    const foreign = { ...bad, workspace_id: randomUUID() }
    const tooLong = { ...bad, client_session_id: 'x'.repeat(201) }
    upstream.sessions = listing(known, foreign, tooLong)
    await (await startSync(db, upstream.url, { secrets: maskingSecrets() })).syncNow()
    expect((await quarantined()).map(({ reason }) => reason)).toEqual([
      'session_bad_id',
      'session_foreign_workspace',
    ])
  })

  test('stays when it is retried, with the reason of today', async () => {
    const id = await inQuarantine({ ...bad, client_session_id: 7 })
    await queryTest(db, "update quarantine set reason = 'session_not_utf8'")
    const { lines, error } = await run('retry', id)
    expect(lines[0]).toContain('stays: session_bad_id')
    expect(error?.message).toContain('stayed in quarantine')
    expect(await quarantined()).toMatchObject([{ reason: 'session_bad_id' }])
  })

  test('is left to the next sync when it is usable now, because it may have been deleted since', async () => {
    const id = await inQuarantine(deep)
    const { lines, said, error } = await run('retry', id)
    expect(error).toBeNull()
    expect(lines[0]).toContain('the next sync brings it')
    expect(said).toContain('0 stored, 1 left to the next sync, 0 still in quarantine.')
    expect(await quarantined()).toEqual([])
    expect(await liveIds(db)).toEqual([known.client_session_id])
  })
})

test('I9, E10: what repeats the token, or holds another, reaches no column and no log', async () => {
  const short = 'abc-7'
  const upstream = await startUpstream()
  const other = sampleSession().token
  upstream.sessions = listing(
    { ...known, user_identifier_key: known.token, connect_webview_ids: [known.token, 'cw_1'] },
    { ...changing, token: short, user_identifier_key: short, connected_account_ids: [short, 'ca_1'] },
    { ...bad, user_identifier_key: `my ${other}`, user_identity_ids: [`x${bad.token}`] },
  )
  const sync = await startSync(db, upstream.url)
  await sync.syncNow()
  const rows = await queryTest<{ row: string }>(db, 'select c::text as row from client_sessions c')
  const text = rows.map(({ row }) => row).join('\n')
  expect(rows).toHaveLength(3)
  for (const secret of [known.token, short, other, bad.token]) {
    expect(text).not.toContain(secret)
    expect(sync.logs.join('')).not.toContain(secret)
  }
  const keys = await queryTest(db, "select 1 from client_sessions where user_identifier_key = '****'")
  expect(keys).toHaveLength(3)
})
