import { randomInt } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { issueKey } from '../../src/access/issue-key.ts'
import { sliceArray } from '../../src/seam/slice-array.ts'
import { keyIdOf, sealedWith } from '../../src/secrets/sealing-secrets.ts'
import { type SimulatedSeam, startSimulatedSeam } from '../../src/simulated-seam/start-simulated-seam.ts'
import { queryTest } from '../support/query-test.ts'
import { sampleEvent } from '../support/sample-event.ts'
import { deliver, OTHER_WEBHOOK_SECRET, WEBHOOK_SECRET } from '../support/sign-delivery.ts'
import { MIRROR_API_KEY, NEVER, startTestApp, type TestApp } from '../support/start-test-app.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'

/*
 * I9, from outside: everything secret goes into the service by every way there is; then the whole database and the whole log are
 * searched for it. PINs have seven or eight digits: shorter ones turn up in UUIDs and fractions of seconds by chance.
 */

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }
type Fields = Record<string, Json>

const KEY = Buffer.alloc(32, 7)
const NEXT_KEY = Buffer.alloc(32, 8)
const WRONG_KEY = Buffer.alloc(32, 9)
const HOUR_MS = 3_600_000

interface World {
  database: TestDatabase
  seam: SimulatedSeam
  app: TestApp
  /** What must not be found, by what it is. */
  secrets: Map<string, string>
  /** Every PIN among them. */
  pins: Set<string>
  /** Texts of the events that were delivered by hand, as they were sent. */
  delivered: string[]
  /** A key with `secrets:read`, and one without. */
  keys: { seeing: string; blind: string }
  stop(): Promise<void>
}

/** The credentials of a world, so that it can be started again with another secrets key. */
function environment(seam: SimulatedSeam, ...secretsKeys: Buffer[]): Record<string, string> {
  return {
    SEAM_ENDPOINT: seam.url,
    SEAM_API_KEY: seam.apiKey,
    SEAM_WEBHOOK_SECRET: `${WEBHOOK_SECRET},${OTHER_WEBHOOK_SECRET}`,
    SEAM_MIRROR_BACKFILL_SINCE: '2h',
    SEAM_MIRROR_CLIENT_SESSIONS_SCHEDULE: NEVER,
    SEAM_MIRROR_SECRETS_KEY: secretsKeys.map((key) => key.toString('base64')).join(','),
  }
}

async function startWorld(...secretsKeys: Buffer[]): Promise<World> {
  const database = await createTestDatabase()
  const seam = await startSimulatedSeam({ seed: 31 })
  const now = Date.now()
  seam.fill({ count: 150, from: now - HOUR_MS, to: now })
  const app = await startTestApp(database.url, environment(seam, ...secretsKeys))
  await app.pollers[0]?.pollNow()
  const common = { kind: 'api_key' as const, workspaceIds: [], expires: null, now: new Date() }
  const scopes = ['events:read', 'client_sessions:read']
  const seeing = await issueKey(app.db, { ...common, name: 'seeing', scopes: [...scopes, 'secrets:read'] })
  const blind = await issueKey(app.db, { ...common, name: 'blind', scopes: [...scopes, 'admin'] })
  const world: World = {
    database,
    seam,
    app,
    secrets: new Map(),
    pins: new Set(),
    delivered: [],
    keys: { seeing: seeing.key, blind: blind.key },
    stop: async () => {
      await world.app.stop()
      await seam.stop()
      await database.drop()
    },
  }
  noteSecrets(world, secretsKeys)
  await fill(world)
  await provokeErrors(world)
  return world
}

function noteSecrets({ secrets, seam, keys }: World, secretsKeys: Buffer[]): void {
  for (const secret of [WEBHOOK_SECRET, OTHER_WEBHOOK_SECRET])
    secrets.set(`webhook secret ${secret}`, secret.slice('whsec_'.length))
  secrets.set('API key of Seam', seam.apiKey)
  secrets.set('bootstrap key', MIRROR_API_KEY)
  for (const [name, key] of Object.entries(keys))
    secrets.set(`${name} key`, key.slice(key.indexOf('_', 6) + 1))
  for (const session of seam.hotel.clientSessions)
    secrets.set(`token of ${session.client_session_id}`, session.token.slice(-24))
  for (const key of secretsKeys) secrets.set('secrets key', key.toString('base64'))
}

function newPin({ pins, secrets }: World, digits: 7 | 8 = 8): string {
  const pin = String(randomInt(10 ** (digits - 1), 10 ** digits))
  pins.add(pin)
  secrets.set(`PIN ${pin}`, pin)
  return pin
}

/** Events with PINs wherever Seam may put one (contract 12.4), and where it might some day. */
function eventsWithPins(world: World): Fields[] {
  const pin = (digits?: 7 | 8) => newPin(world, digits)
  const [told, mixed] = [pin(), pin(7)]
  return [
    { event_type: 'lock.unlocked', code: pin() },
    { event_type: 'access_method.issued', code: Number(pin()) },
    { event_type: 'access_code.deleted', code: null },
    { event_type: 'access_code.code_changed', from: { code: pin() }, to: { code: pin(7), name: 'Guest' } },
    {
      event_type: 'access_code.changed',
      changed_properties: [
        { property: 'code', from: pin(), to: pin() },
        { property: 'name', from: 'before', to: null },
      ],
    },
    {
      event_type: 'access_code.mutations_requested',
      requested_mutations: [
        { mutation_code: 'updating_code', from: { code: pin(), name: 'a' }, to: { code: Number(pin(7)) } },
        { mutation_code: 'creating', to: { list: [{ code: pin() }, pin()] } },
      ],
    },
    {
      event_type: 'access_code.set_on_device',
      code: told,
      description: `Code ${told} was set`,
      event_description: told,
      change_reason: `(${told})`,
      error_message: `The lock refused "${told}".`,
      access_code_errors: [{ error_code: 'x', message: `${told} is taken` }],
      device_warnings: [{ warning_code: 'y', message: `Code:${told}` }],
    },
    {
      event_type: 'access_code.code_changed',
      from: { code: mixed },
      to: null,
      description: `from ${mixed} to nothing`,
      device_custom_metadata: { note: `the old one was ${mixed}` },
    },
    { event_type: 'some.future_event', later: { locks: [{ slots: [{ code: pin() }] }] }, name: 'ünïcödé 🔑' },
    { event_type: 'some.future_event', code: { primary: pin(), spare: [pin(7), Number(pin())] } },
  ]
}

/** Everything goes in: by webhook alone, by poll alone, by both, and what cannot be used by each. */
async function fill(world: World): Promise<void> {
  const { seam, app, delivered } = world
  seam.setWebhooks([{ url: `${app.url}/webhooks/seam`, secret: WEBHOOK_SECRET }])
  seam.emit(150)
  seam.add(eventsWithPins(world))
  seam.add(eventsWithPins(world), { push: true })
  seam.add(eventsWithPins(world), { push: true, visibleAtMs: Number.POSITIVE_INFINITY })
  seam.add([
    { event_type: 'lock.unlocked', created_at: 'yesterday', code: newPin(world) },
    { event_type: 'lock.unlocked', workspace_id: crypto.randomUUID(), code: newPin(world) },
    { event_type: 'lock.unlocked', event_id: `no uuid`, changed_properties: [{ from: newPin(world) }] },
  ])
  await seam.drained()
  await app.pollers[0]?.pollNow()
  await app.sessionSyncs[0]?.syncNow()

  const pin = () => newPin(world)
  const told = pin()
  const ours = (fields: object) => ({ ...sampleEvent({ workspace_id: seam.workspaceId }), ...fields })
  const oddly = [
    `{ "c\\u006fde" : "${pin()}",\n\t${JSON.stringify(ours({})).slice(1)}`,
    JSON.stringify(ours({ code: told, description: `é ${told}` }), null, 2),
  ]
  for (const body of oddly) {
    expect((await deliver(app.url, body, { secret: OTHER_WEBHOOK_SECRET })).status).toBe(204)
    delivered.push(body)
  }
  const event = () => JSON.stringify(ours({ code: pin() }))
  const unusable = [
    `The code is ${pin()}.`,
    `{"code":${pin()},"event_id":"${crypto.randomUUID()}"`,
    event().slice(0, -1),
    `[${event()}]`,
    `"${pin()}"`,
    pin(),
    JSON.stringify(ours({ workspace_id: crypto.randomUUID(), code: pin() })),
    JSON.stringify(ours({ created_at: 'yesterday', code: pin() })),
    JSON.stringify({ event: ours({ from: { code: pin() } }), ok: true }),
    // Of an event that is stored with another content.
    JSON.stringify({ ...(JSON.parse(oddly[1] ?? '') as Fields), code: pin(), method: 'changed' }),
  ]
  for (const body of unusable) expect((await deliver(app.url, body)).status).toBe(204)
}

/** Causes everything that may end up in a log: Postgres's own words about a row, refused requests, wrong keys. */
async function provokeErrors(world: World): Promise<void> {
  const { app, seam, keys } = world
  const pin = () => newPin(world)
  const ours = (fields: object) => sampleEvent({ workspace_id: seam.workspaceId, ...fields })
  const tables = ['events', 'client_sessions', 'quarantine']
  await queryTest(
    app.db,
    `create function complain() returns trigger language plpgsql as
     $$ begin raise exception 'refused: %', new::text using detail = new::text, hint = new::text; end $$`,
  )
  for (const table of tables)
    await queryTest(app.db, `create trigger complain before insert or update on ${table} for each row execute function complain()`) // prettier-ignore
  expect((await deliver(app.url, ours({ code: pin() }))).status).toBe(500)
  expect((await deliver(app.url, `not JSON ${pin()}`)).status).toBe(500)
  seam.add([{ event_type: 'lock.unlocked', code: pin() }])
  for (const session of seam.hotel.clientSessions) session.device_count += 1
  await app.pollers[0]?.pollNow()
  expect(app.pollers[0]?.status().lastError).toContain('refused')
  await app.sessionSyncs[0]?.syncNow()
  expect(app.sessionSyncs[0]?.status().lastError).toContain('refused')
  for (const table of tables) await queryTest(app.db, `drop trigger complain on ${table}`)
  // A value that Postgres quotes in its message.
  await queryTest(app.db, 'alter table events add constraint nothing check (false) not valid')
  await deliver(app.url, ours({ code: pin() }))
  await queryTest(app.db, 'alter table events drop constraint nothing')

  const [session] = seam.hotel.clientSessions
  const wrong = 'seam_mirror1wrongkey_aaaaaaaaaaaaaaaaaaaaaaaa'
  world.secrets.set('wrong key', wrong)
  const post = (path: string, body: string, key: string, headers: Record<string, string> = {}) =>
    fetch(app.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
      body,
    })
  const refused = await Promise.all([
    post('/events/list', `{"since":"${keys.seeing}","device_id":"${pin()}"}`, keys.seeing),
    post('/events/list', `{"since":"${session?.token}"`, keys.blind),
    post(`/events/list?api_key=${keys.seeing}&code=${pin()}`, '{}', keys.blind),
    post('/events/list', '{"page_cursor":"'.concat(keys.blind, '","since":"2026-01-01"}'), MIRROR_API_KEY),
    post('/client_sessions/list', `{"limit":"${session?.token}"}`, keys.blind),
    post('/client_sessions/list', '{}', session?.token ?? ''),
    post('/workspaces/get', '{}', wrong, { 'seam-workspace': keys.seeing }),
    post(`/webhooks/seam?secret=${WEBHOOK_SECRET}`, JSON.stringify(ours({ code: pin() })), seam.apiKey),
    post('/nowhere', `{"token":"${session?.token}"}`, keys.seeing),
  ])
  expect(refused.map(({ status }) => status).every((status) => status >= 400 && status < 500)).toBe(true)
  seam.setFaults({ rejectCredentials: true })
  await app.pollers[0]?.pollNow()
  await app.sessionSyncs[0]?.syncNow()
  seam.setFaults({ rejectCredentials: false })
  await app.pollers[0]?.pollNow()
  await app.sessionSyncs[0]?.syncNow()
}

/** Every row of every table as text; binary columns not as hexadecimal, where digits turn up by chance, but as what they hold. */
async function dump({ app }: World): Promise<string> {
  const tables = await queryTest<{ name: string }>(
    app.db,
    "select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public'",
  )
  const parts: string[] = []
  for (const { name } of tables) {
    const rows = await queryTest<{ row: string }>(app.db, `select t::text as row from ${name} t`)
    parts.push(name, ...rows.map(({ row }) => row))
  }
  return parts
    .join('\n')
    .replace(/\\+x((?:[0-9a-f]{2})+)/g, (_all, hex: string) => Buffer.from(hex, 'hex').toString('latin1'))
}

function found({ secrets }: World, text: string): string[] {
  return [...secrets].filter(([, secret]) => text.includes(secret)).map(([name]) => name)
}

/** The texts of all events that this key is served. */
async function listed({ app }: World, key: string): Promise<string[]> {
  const response = await fetch(`${app.url}/events/list?since=2020-01-01&limit=1000`, {
    headers: { authorization: `Bearer ${key}` },
  })
  expect(response.status).toBe(200)
  return sliceArray(await response.text(), 'events') ?? []
}

async function sessionTokens({ app }: World, key: string): Promise<Record<string, string>> {
  const response = await fetch(`${app.url}/client_sessions/list`, {
    headers: { authorization: `Bearer ${key}` },
  })
  const body = (await response.json()) as { client_sessions: { client_session_id: string; token: string }[] }
  return Object.fromEntries(body.client_sessions.map((each) => [each.client_session_id, each.token]))
}

/** What an upstream event must look like to somebody who may not see secrets; written without the code under test. */
function masked(world: World, text: string): Fields {
  const mask = '****'
  const repeatsPin = (value: string) => [...world.pins].some((pin) => value.includes(pin))
  const walk = (value: Json, isChange: boolean): Json => {
    if (Array.isArray(value)) return value.map((element) => walk(element, isChange))
    if (typeof value === 'string') return repeatsPin(value) ? mask : value
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, inner]) => {
        const isSecret = name === 'code' || (isChange && (name === 'from' || name === 'to'))
        if (isSecret) return [name, inner === null ? null : mask]
        return [name, walk(inner, name === 'changed_properties' || name === 'requested_mutations')]
      }),
    )
  }
  return walk(JSON.parse(text) as Json, false) as Fields
}

const idOf = (text: string) => (JSON.parse(text) as { event_id: string }).event_id
const byId = (texts: readonly string[]) => texts.toSorted((a, b) => (idOf(a) < idOf(b) ? -1 : 1))

/** The texts of everything usable that was sent and stored, as the upstream sent it. */
async function sent({ app, seam, delivered }: World): Promise<string[]> {
  const stored = await queryTest<{ id: string }>(app.db, 'select event_id::text as id from events')
  const ids = new Set(stored.map(({ id }) => id))
  const upstream = seam.events().filter(({ event_id: id }) => ids.has(id))
  return [...upstream.map((event) => JSON.stringify(event)), ...delivered]
}

/** Checks that exactly these events are served, with masks. */
function expectMasked(world: World, texts: readonly string[], originals: readonly string[]): void {
  expect(byId(texts).map((text) => JSON.parse(text) as Fields)).toEqual(
    byId(originals).map((text) => masked(world, text)),
  )
}

describe.each<[string, Buffer[]]>([
  ['with a secrets key', [KEY]],
  ['without a secrets key', []],
])('%s', (_title, secretsKeys) => {
  let world: World
  beforeAll(async () => {
    world = await startWorld(...secretsKeys)
  })
  afterAll(() => world.stop())

  test('what goes in is what these tests need: each kind of event by each path, and each reason of quarantine', async () => {
    const { app, seam } = world
    const [counts] = await queryTest<Record<string, number>>(
      app.db,
      `select count(*)::int as events, count(webhook_at)::int as pushed, count(poll_at)::int as polled,
        count(*) filter (where poll_at is null)::int as "onlyPushed", count(*) filter (where body::text like '%****%')::int as masked,
        count(secrets)::int as sealed from events`,
    )
    // All that Seam has but the three unusable ones, and two delivered by hand.
    expect(counts?.events).toBe(seam.events().length - 3 + 2)
    expect(counts?.onlyPushed).toBe(10 + 2)
    expect(counts?.pushed).toBe(150 + 20 + 2)
    expect(counts?.polled).toBe(300 + 20 + 1)
    expect(counts?.masked).toBeGreaterThan(60)
    expect(counts?.sealed).toBe(secretsKeys.length > 0 ? counts?.masked : 0)
    const reasons = await queryTest<{ reason: string }>(
      app.db,
      'select distinct reason from quarantine order by 1',
    )
    expect(reasons.map(({ reason }) => reason)).toEqual([
      'bad_created_at',
      'bad_event_id',
      'conflicting_event',
      'foreign_workspace',
      'not_an_object',
      'not_json',
      'refused_by_database',
    ])
    const texts = await sent(world)
    const ids = texts.flatMap((text) => text.match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g) ?? [])
    expect(ids.filter((id) => [...world.pins].some((pin) => id.includes(pin)))).toEqual([])
  })

  test('I9: no PIN, token, key or webhook secret is anywhere in the database', async () => {
    const text = await dump(world)
    // First: everything is there to be searched.
    for (const { event_id: id } of world.seam.events().slice(0, 100)) expect(text).toContain(id)
    for (const { client_session_id: id } of world.seam.hotel.clientSessions) expect(text).toContain(id)
    for (const key of Object.values(world.keys)) expect(text).toContain(key.slice(0, key.indexOf('_', 6)))
    expect(text.includes('The code is ****.')).toBe(secretsKeys.length === 0)
    expect(world.pins.size).toBeGreaterThan(60)
    expect(found(world, text)).toEqual([])
  })

  test('I9: nor anywhere in the log, at trace level, with the errors of Postgres in it', () => {
    const { app } = world
    const text = app.logText()
    expect(app.logs.filter(({ level }) => Number(level) >= 40).length).toBeGreaterThanOrEqual(6)
    expect(text).toContain('refused: (')
    expect(text).toContain('"status":400')
    expect(found(world, text)).toEqual([])
  })

  test('I9: nor in what the open endpoints say', async () => {
    for (const path of ['/livez', '/readyz', '/metrics', '/openapi.json', '/docs', '/']) {
      const response = await fetch(world.app.url + path)
      expect(found(world, await response.text()), `at ${path}`).toEqual([])
    }
  })

  test.each([
    ['I9: a key without secrets:read', () => world.keys.blind],
    ['B4, I9: SEAM_MIRROR_API_KEY, which ends up in every dashboard,', () => MIRROR_API_KEY],
  ])('%s is served masks in the place of secrets, and the rest as it is', async (_who, key) => {
    const texts = await listed(world, key())
    expectMasked(world, texts, await sent(world))
    expect(found(world, texts.join('\n'))).toEqual([])
    expect(new Set(Object.values(await sessionTokens(world, key())))).toEqual(new Set(['****']))
  })

  test('I9: so is a client session, for its own events', async () => {
    const { app, seam } = world
    const session = seam.hotel.clientSessions.find((each) => each.connected_account_ids.length > 0)
    const accounts = session?.connected_account_ids ?? []
    const [account] = accounts
    const secret = sampleEvent({
      workspace_id: seam.workspaceId,
      connected_account_id: account,
      code: newPin(world),
    })
    expect((await deliver(app.url, secret)).status).toBe(204)
    world.delivered.push(JSON.stringify(secret))
    const own = (await sent(world)).filter((text) => {
      const { connected_account_id: id } = JSON.parse(text) as { connected_account_id?: string }
      return accounts.includes(id ?? '')
    })
    expect(own.length).toBeGreaterThan(1)
    expectMasked(world, await listed(world, session?.token ?? ''), own)
    const response = await fetch(`${app.url}/events/get?event_id=${secret.event_id}`, {
      headers: { authorization: `Bearer ${session?.token}` },
    })
    expect(((await response.json()) as { event: { code: string } }).event.code).toBe('****')
  })
})

describe('with a secrets key', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld(KEY)
  })
  afterAll(() => world.stop())

  async function restart(...secretsKeys: Buffer[]): Promise<void> {
    await world.app.stop()
    world.app = await startTestApp(world.database.url, environment(world.seam, ...secretsKeys))
    world.seam.setWebhooks([{ url: `${world.app.url}/webhooks/seam`, secret: WEBHOOK_SECRET }])
  }
  const tokens = () =>
    Object.fromEntries(world.seam.hotel.clientSessions.map((each) => [each.client_session_id, each.token]))

  test('a key with secrets:read is served every event to the byte as Seam sent it, by either path', async () => {
    const originals = await sent(world)
    expect(byId(await listed(world, world.keys.seeing))).toEqual(byId(originals))
    for (const text of [...world.delivered, ...originals.filter((_, i) => i % 40 === 0)]) {
      const response = await fetch(`${world.app.url}/events/get?event_id=${idOf(text)}`, {
        headers: { authorization: `Bearer ${world.keys.seeing}` },
      })
      expect(await response.text()).toBe(`{"event":${text},"ok":true}`)
    }
    expect(await sessionTokens(world, world.keys.seeing)).toEqual(tokens())
  })

  test('I9: an event sealed for another row does not open there: masks, not somebody else’s PIN', async () => {
    const { app, keys } = world
    await queryTest(
      app.db,
      `create table kept as select event_id, secrets, row_number() over (order by event_id) as place from events where secrets is not null`,
    )
    onTestFinished(async () => {
      await queryTest(
        app.db,
        'update events set secrets = kept.secrets from kept where kept.event_id = events.event_id',
      )
      await queryTest(app.db, 'drop table kept')
    })
    // Each row gets its neighbour's secrets.
    await queryTest(
      app.db,
      `update events set secrets = other.secrets from kept join kept as other on other.place = kept.place % (select count(*) from kept) + 1
       where kept.event_id = events.event_id`,
    )
    const texts = await listed(world, keys.seeing)
    expectMasked(world, texts, await sent(world))
    expect(found(world, texts.join('\n'))).toEqual([])
  })

  test('after a rotation of the secrets key the old secrets still open, and new ones are sealed with the new key', async () => {
    const originals = await sent(world)
    await restart(NEXT_KEY, KEY)
    expect(byId(await listed(world, world.keys.seeing))).toEqual(byId(originals))
    expect(await sessionTokens(world, world.keys.seeing)).toEqual(tokens())
    const fresh = sampleEvent({ workspace_id: world.seam.workspaceId, code: newPin(world) })
    expect((await deliver(world.app.url, fresh)).status).toBe(204)
    world.delivered.push(JSON.stringify(fresh))
    expect(byId(await listed(world, world.keys.seeing))).toEqual(byId(await sent(world)))
    const rows = await queryTest<{ id: string; secrets: Buffer }>(
      world.app.db,
      'select event_id::text as id, secrets from events where secrets is not null',
    )
    const keyIds = rows.map(({ id, secrets }) => [id === fresh.event_id, sealedWith(secrets)])
    expect(new Set(keyIds.map(String))).toEqual(
      new Set([String([true, keyIdOf(NEXT_KEY)]), String([false, keyIdOf(KEY)])]),
    )
    expect(found(world, await dump(world))).toEqual([])
    expect(found(world, world.app.logText())).toEqual([])
  })

  test('with a wrong key there are masks for everybody, and the service works on', async () => {
    await restart(WRONG_KEY)
    const before = await sent(world)
    expectMasked(world, await listed(world, world.keys.seeing), before)
    const fresh = world.seam.add([{ event_type: 'lock.unlocked', code: newPin(world) }], { push: true })
    await world.seam.drained()
    await world.app.pollers[0]?.pollNow()
    await world.app.sessionSyncs[0]?.syncNow()
    expect(world.app.pollers[0]?.status().lastError).toBeNull()
    expect(world.app.sessionSyncs[0]?.status().lastError).toBeNull()
    const served = await listed(world, world.keys.seeing)
    expect(served).toContain(JSON.stringify(fresh[0]))
    expectMasked(
      world,
      served.filter((text) => idOf(text) !== fresh[0]?.event_id),
      before,
    )
    // Client sessions are listed anew, so their tokens are back.
    expect(await sessionTokens(world, world.keys.seeing)).toEqual(tokens())
    expect(found(world, await dump(world))).toEqual([])

    await restart(WRONG_KEY, NEXT_KEY, KEY)
    expect(byId(await listed(world, world.keys.seeing))).toEqual(byId(await sent(world)))
  })
})

describe('without a secrets key', () => {
  let world: World
  beforeAll(async () => {
    world = await startWorld()
  })
  afterAll(() => world.stop())

  test('the log says at start that secrets are not kept, and how to make a key', () => {
    const warnings = world.app.logs.filter(({ level }) => level === 40).map(({ msg }) => String(msg))
    expect(warnings).toContainEqual(
      expect.stringMatching(/SEAM_MIRROR_SECRETS_KEY is not set.*masked.*openssl/),
    )
    const listening = world.app.logs.findIndex(({ msg }) => msg === 'listening')
    expect(world.app.logs.findIndex(({ msg }) => String(msg).includes('SECRETS_KEY'))).toBeLessThan(listening)
  })

  test('I9: there are masks for everybody, also for secrets:read and the bootstrap key', async () => {
    for (const key of [world.keys.seeing, MIRROR_API_KEY]) {
      const texts = await listed(world, key)
      expectMasked(world, texts, await sent(world))
      expect(new Set(Object.values(await sessionTokens(world, key)))).toEqual(new Set(['****']))
    }
  })
})
