import { randomInt } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { issueKey } from '../../src/access/issue-key.ts'
import { sliceArray } from '../../src/seam/slice-array.ts'
import { type SimulatedSeam, startSimulatedSeam } from '../../src/simulated-seam/start-simulated-seam.ts'
import { queryTest } from '../support/query-test.ts'
import { sampleEvent } from '../support/sample-event.ts'
import { deliver } from '../support/sign-delivery.ts'
import { NEVER, startTestApp, type TestApp } from '../support/start-test-app.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'

/*
 * E20: a grammar plants PINs in every place and form that is known, in events that go in by every way; then all of the database, the
 * log and the answers are searched for them. PINs have nine digits or more: shorter ones turn up in UUIDs by chance.
 */

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }
type Fields = Record<string, Json>

/** One planted PIN: its digits, and how it is written, once for each text that must not be found. */
interface Planted {
  fields: Fields
  traces: string[]
}

const digits = fc.stringMatching(/^[1-9]\d{8,10}$/)
const word = fc.constantFrom('guest', 'door', 'Zimmer', 'set', 'ünïcödé', 'x')
const textName = fc.constantFrom('note', 'customer_key', 'nickname', 'event_type', 'device_name', 'image_url')
const sentenceName = fc.constantFrom(
  'message',
  'description',
  'event_description',
  'change_reason',
  'error_message',
)
const pinName = fc.constantFrom('code', 'pin', 'pin_code', 'access_code', 'temporary_code', 'codes', 'PIN', 'newCode', 'door_pin') // prettier-ignore

/** Written in one of the ways that people write a number. */
const written = (pin: string): fc.Arbitrary<string> =>
  fc.constantFrom(
    pin,
    `${pin.slice(0, 4)} ${pin.slice(4)}`,
    `${pin.slice(0, 4)}-${pin.slice(4)}`,
    `${pin.slice(0, 2)} ${pin.slice(2, 5)} ${pin.slice(5)}`,
    Array.from(pin).join('-'),
  )

/** In a text that has other things in it, glued to them or not. */
const within = (text: string): fc.Arbitrary<string> =>
  fc
    .tuple(word, fc.constantFrom('', ' ', ': ', '"', '\n', '#'), word)
    .map(([before, between, after]) => `${before}${between}${text}${between}${after}`)

const sentence = (pin: string) => written(pin).chain((text) => within(text).map((said) => ({ said, text })))

/** Where the code stands by its own name; the rest of the event repeats it. */
const besideCode = (pin: string): fc.Arbitrary<Planted> =>
  fc.tuple(pinName, textName, sentence(pin), fc.boolean()).map(([name, other, { said, text }, isNumber]) => ({
    fields: { [name]: isNumber ? Number(pin) : pin, [other]: said, [`slot_${pin}`]: 1, count: Number(pin) },
    traces: [pin, text],
  }))

const inSentence = (pin: string): fc.Arbitrary<Planted> =>
  fc
    .tuple(sentenceName, sentence(pin), fc.integer({ min: 0, max: 5 }))
    .map(([name, { said, text }, shape]) => {
      const shapes: Fields[] = [
        { [name]: said },
        { [name]: ['', said] },
        { [name]: { en: [said] } },
        { access_code_errors: [said] },
        { device_warnings: [{ error_code: 'x', message: said }] },
        { connected_account_errors: [{ detail: { text: said } }] },
      ]
      return { fields: shapes[shape] ?? {}, traces: [text] }
    })

const inChange = (pin: string): fc.Arbitrary<Planted> =>
  fc.tuple(written(pin), fc.integer({ min: 0, max: 5 })).map(([text, shape]) => {
    const shapes: Fields[] = [
      { changed_properties: [{ property: 'code', from: null, to: text }] },
      { changed_properties: { code: { from: text, to: null } } },
      { changed_properties: { property: 'code', old: text } },
      { changed_properties: `code ${text}` },
      { requested_mutations: [{ mutation_code: 'updating_code', to: { list: [text] } }] },
      { from: { code: text }, to: text },
    ]
    return { fields: shapes[shape] ?? {}, traces: [text] }
  })

const inName = (pin: string): fc.Arbitrary<Planted> =>
  fc
    .constantFrom<Fields[]>(
      { later: { [pin]: 'guest' } },
      { codes: { [pin]: 1 } },
      { codes: [{ slot: pin }] },
    )
    .map((fields) => ({ fields, traces: [pin] }))

const said = (pin: string): fc.Arbitrary<Planted> =>
  fc.tuple(textName, fc.constantFrom('code ', 'PIN: ', 'the code is ', '{"pin":"')).map(([name, before]) => ({
    fields: { [name]: `${before}${pin}`, other: [pin] },
    traces: [pin],
  }))

/** Any of it, at any depth, where depth is allowed. */
const planted: fc.Arbitrary<Planted> = digits.chain((pin) =>
  fc
    .tuple(
      fc.oneof(besideCode(pin), inSentence(pin), inChange(pin), inName(pin), said(pin)),
      fc.nat({ max: 3 }),
    )
    .map(([{ fields, traces }, depth]) => {
      let wrapped: Fields = fields
      for (let i = 0; i < depth; i++) wrapped = i % 2 === 0 ? { later: [wrapped] } : { inner: wrapped }
      return { fields: wrapped, traces }
    }),
)

const EVENTS = 300
const KEY = Buffer.alloc(32, 7)

describe.each<[string, Buffer | null]>([
  ['with a secrets key', KEY],
  ['without one', null],
])('E20, I9: planted PINs, %s', (_what, key) => {
  let database: TestDatabase
  let seam: SimulatedSeam
  let app: TestApp
  let keys: { seeing: string; blind: string }
  const seed = randomInt(2 ** 31)
  const samples = fc.sample(planted, { numRuns: EVENTS, seed })
  const sent: string[] = []

  beforeAll(async () => {
    database = await createTestDatabase()
    seam = await startSimulatedSeam({ seed: 31 })
    app = await startTestApp(database.url, {
      SEAM_ENDPOINT: seam.url,
      SEAM_API_KEY: seam.apiKey,
      SEAM_MIRROR_BACKFILL_SINCE: '2h',
      SEAM_MIRROR_CLIENT_SESSIONS_SCHEDULE: NEVER,
      SEAM_MIRROR_SECRETS_KEY: key?.toString('base64') ?? '',
    })
    await app.pollers[0]?.pollNow()
    const common = {
      kind: 'api_key' as const,
      workspaceIds: [seam.workspaceId],
      expires: null,
      now: new Date(),
    }
    const issue = async (name: string, scopes: string[]) =>
      (await issueKey(app.db, { ...common, name, scopes })).key
    keys = {
      seeing: await issue('seeing', ['events:read', 'secrets:read']),
      blind: await issue('blind', ['events:read', 'admin']),
    }
    await fill()
  })
  afterAll(async () => {
    await app.stop()
    await seam.stop()
    await database.drop()
  })

  /** A third by webhook, a third by poll, and the rest cannot be used: broken off, of another workspace, in another encoding. */
  async function fill(): Promise<void> {
    for (const [i, { fields }] of samples.entries()) {
      const event = {
        ...sampleEvent({ workspace_id: seam.workspaceId }),
        created_at: '2026-06-15 16:54:17Z',
        ...fields,
      }
      if (i % 3 === 0) {
        const body = JSON.stringify(event, null, i % 2)
        sent.push(body)
        expect((await deliver(app.url, body)).status).toBe(204)
      } else if (i % 3 === 1) {
        const [added] = seam.add([fields])
        sent.push(JSON.stringify(added))
      } else {
        const unusable = [
          { ...event, workspace_id: crypto.randomUUID() },
          { ...event, event_id: 'none' },
          { event, ok: true },
        ]
        expect((await deliver(app.url, JSON.stringify(unusable[i % unusable.length]))).status).toBe(204)
        expect((await deliver(app.url, JSON.stringify(event).slice(0, -1))).status).toBe(204)
      }
    }
    await app.pollers[0]?.pollNow()
  }

  function found(text: string): string[] {
    return samples.flatMap(({ fields, traces }) =>
      traces.some((trace) => text.includes(trace) || text.includes(JSON.stringify(trace).slice(1, -1)))
        ? [JSON.stringify(fields)]
        : [],
    )
  }

  async function dump(): Promise<string> {
    const tables = await queryTest<{ name: string }>(
      app.db,
      "select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public'",
    )
    const parts: string[] = []
    for (const { name } of tables)
      for (const { row } of await queryTest<{ row: string }>(app.db, `select t::text as row from ${name} t`))
        parts.push(row)
    return parts
      .join('\n')
      .replace(/\\+x((?:[0-9a-f]{2})+)/g, (_all, hex: string) => Buffer.from(hex, 'hex').toString('latin1'))
  }

  async function listed(as: string): Promise<string> {
    const response = await fetch(`${app.url}/events/list?since=2020-01-01&limit=1000`, {
      headers: { authorization: `Bearer ${as}` },
    })
    expect(response.status, `seed ${seed}`).toBe(200)
    return response.text()
  }

  test('are nowhere in the database', async () => {
    const [counts] = await queryTest<{ events: number; quarantined: number }>(
      app.db,
      'select (select count(*)::int from events) as events, (select count(*)::int from quarantine) as quarantined',
    )
    expect(counts?.events).toBe((EVENTS / 3) * 2)
    expect(counts?.quarantined).toBe((EVENTS / 3) * 2)
    expect(found(await dump()), `seed ${seed}`).toEqual([])
  })

  test('are nowhere in the log, nor in what a key without secrets:read gets', async () => {
    expect(found(app.logText()), `seed ${seed}`).toEqual([])
    expect(found(await listed(keys.blind)), `seed ${seed}`).toEqual([])
  })

  test('come back to the letter for secrets:read, where there is a key that opens them', async () => {
    const texts = sliceArray(await listed(keys.seeing), 'events') ?? []
    const originals = key === null ? [] : sent
    expect(texts).toHaveLength(sent.length)
    expect(texts, `seed ${seed}`).toEqual(expect.arrayContaining(originals))
  })
})
