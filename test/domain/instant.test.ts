import fc from 'fast-check'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  formatInstant,
  formatMillisCeil,
  formatMillisFloor,
  microsFromMillis,
  parseInstant,
} from '../../src/domain/instant.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'

const FIRST = -62_135_596_800_000_000n
const LAST = 253_402_300_799_999_999n
const anyInstant = fc.bigInt({ min: FIRST, max: LAST })
const digits = (count: number) => fc.stringMatching(new RegExp(`^[0-9]{${count}}$`))
const fraction = fc
  .integer({ min: 0, max: 12 })
  .chain((count) => (count === 0 ? fc.constant('') : digits(count)))
const two = (value: number) => String(value).padStart(2, '0')

/** An RFC 3339 text of any shape, away from the ends of the range. */
const anyText = fc
  .record({
    year: fc.integer({ min: 2, max: 9998 }),
    month: fc.integer({ min: 1, max: 12 }),
    day: fc.integer({ min: 1, max: 28 }),
    hour: fc.integer({ min: 0, max: 23 }),
    minute: fc.integer({ min: 0, max: 59 }),
    second: fc.integer({ min: 0, max: 59 }),
    fraction: fc
      .integer({ min: 0, max: 6 })
      .chain((count) => (count === 0 ? fc.constant('') : digits(count))),
    separator: fc.constantFrom('T', 't', ' '),
    offset: fc.oneof(
      fc.constantFrom('Z', 'z', '+00', '-00:00'),
      fc
        .tuple(
          fc.constantFrom('+', '-'),
          fc.integer({ min: 0, max: 14 }),
          fc.integer({ min: 0, max: 59 }),
          fc.constantFrom(':', ''),
        )
        .map(([sign, hours, minutes, colon]) => `${sign}${two(hours)}${colon}${two(minutes)}`),
    ),
  })
  .map(
    (t) =>
      `${String(t.year).padStart(4, '0')}-${two(t.month)}-${two(t.day)}${t.separator}${two(t.hour)}:${two(t.minute)}:${two(t.second)}${t.fraction && `.${t.fraction}`}${t.offset}`,
  )

describe('an instant', () => {
  test('I7: is read back from what it is written as, to the microsecond', () => {
    fc.assert(
      fc.property(anyInstant, (instant) => {
        expect(parseInstant(formatInstant(instant))).toBe(instant)
      }),
    )
    for (const end of [FIRST, LAST, 0n, -1n, 1n]) expect(parseInstant(formatInstant(end))).toBe(end)
  })

  test('written as text sorts as the instants do', () => {
    fc.assert(
      fc.property(anyInstant, anyInstant, (a, b) => {
        expect(formatInstant(a) < formatInstant(b)).toBe(a < b)
      }),
    )
  })

  test('I7: loses digits beyond the sixth, and is never rounded up', () => {
    fc.assert(
      fc.property(fraction, (text) => {
        const micros = BigInt(text.slice(0, 6).padEnd(6, '0'))
        expect(parseInstant(`1970-01-01T00:00:00${text && `.${text}`}Z`)).toBe(micros)
      }),
    )
    expect(parseInstant('1969-12-31T23:59:59.9999999Z')).toBe(-1n)
  })

  test('is the same in every offset', () => {
    const offset = fc.integer({ min: -23 * 60 - 59, max: 23 * 60 + 59 })
    fc.assert(
      fc.property(fc.bigInt({ min: FIRST / 2n, max: LAST / 2n }), offset, (instant, minutes) => {
        const local = formatInstant(instant + BigInt(minutes) * 60_000_000n).replace('Z', '')
        const [sign, size] = minutes < 0 ? ['-', -minutes] : ['+', minutes]
        expect(parseInstant(`${local}${sign}${two(Math.floor(size / 60))}:${two(size % 60)}`)).toBe(instant)
      }),
    )
  })

  test('in milliseconds is rounded down, or up, to the nearest one', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: FIRST, max: LAST - 1000n }), (instant) => {
        const floor = parseInstant(formatMillisFloor(instant)) ?? 0n
        const ceil = parseInstant(formatMillisCeil(instant)) ?? 0n
        expect(floor % 1000n).toBe(0n)
        expect(ceil % 1000n).toBe(0n)
        expect(instant - floor).toBeGreaterThanOrEqual(0n)
        expect(instant - floor).toBeLessThan(1000n)
        expect(ceil - instant).toBeGreaterThanOrEqual(0n)
        expect(ceil - instant).toBeLessThan(1000n)
      }),
    )
    expect(microsFromMillis(1.9)).toBe(1000n)
  })

  test.each([
    '',
    'now',
    '2026-01-01',
    '2026-01-01T00:00:00',
    '2026-01-01T00:00Z',
    '2026-1-1T00:00:00Z',
    '2026-01-01T00:00:00.Z',
    '2026-01-01T00:00:00,5Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T00:60:00Z',
    '2026-01-01T00:00:61Z',
    '2026-00-01T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2026-01-01T00:00:00+24:00',
    '2026-01-01T00:00:00+01:60',
    '0000-12-31T00:00:00Z',
    '0001-01-01T00:00:00+00:01',
    '9999-12-31T23:59:59-00:01',
    '12026-01-01T00:00:00Z',
    '2026-01-01T00:00:00Z ',
    '2026-01-01T00:00:00Z\n',
    '２026-01-01T00:00:00Z',
  ])('is not %j', (text) => {
    expect(parseInstant(text)).toBeNull()
  })

  test.each([
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000000Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000000Z'],
    ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000000Z'],
    ['0099-06-15T12:00:00Z', '0099-06-15T12:00:00.000000Z'],
    ['9999-12-31T23:59:59.999999Z', '9999-12-31T23:59:59.999999Z'],
  ])('is %s', (text, expected) => {
    expect(formatInstant(parseInstant(text) ?? 0n)).toBe(expected)
  })
})

describe('beside Postgres', () => {
  let database: TestDatabase
  beforeAll(async () => {
    database = await createTestDatabase()
  })
  afterAll(() => database.drop())

  test('I7: a text of up to six digits is the same instant here as there, and comes back as the same', async () => {
    const db = database.open(1)
    const texts = [...fc.sample(anyText, 2000), '0099-06-15T12:00:00Z', '2016-12-31T23:59:60Z']
    const { rows } = await sql<{ micros: string; again: boolean }>`
      select (extract(epoch from t::timestamptz) * 1000000)::bigint::text as micros,
        t::timestamptz = w::timestamptz as again
      from unnest(${texts}::text[], ${texts.map((text) => formatInstant(parseInstant(text) ?? 0n))}::text[])
        with ordinality as pairs (t, w, position) order by position`.execute(db)
    const ours = texts.map((text) => ({ text, micros: String(parseInstant(text)) }))
    expect(ours).toEqual(texts.map((text, i) => ({ text, micros: rows[i]?.micros })))
    expect(rows.every(({ again }) => again)).toBe(true)
  })

  test('instants have the same order here as there', async () => {
    const db = database.open(1)
    const texts = fc.sample(anyText, 500)
    const { rows } = await sql<{ text: string }>`
      select t as text from unnest(${texts}::text[]) with ordinality as list (t, position)
      order by t::timestamptz, position`.execute(db)
    const ours = texts
      .map((text) => ({ text, at: parseInstant(text) ?? 0n }))
      .toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
    expect(ours.map(({ text }) => text)).toEqual(rows.map(({ text }) => text))
  })
})
