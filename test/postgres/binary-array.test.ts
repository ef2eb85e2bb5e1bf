import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatInstant } from '../../src/domain/instant.ts'
import {
  binaryArray,
  BYTEA,
  type ElementType,
  JSON_TEXT,
  TEXT,
  TIMESTAMPTZ,
  UUID,
} from '../../src/postgres/binary-array.ts'
import { queryTest } from '../support/query-test.ts'
import { databaseOfThisFile } from '../support/test-database.ts'

const { db } = await databaseOfThisFile()

interface Case<Value> {
  type: ElementType<Value>
  values: fc.Arbitrary<Value>
  /** The element as Postgres prints it. */
  printed: (value: Value) => string
  /** How Postgres prints it. */
  print?: string
}

/** Without NUL, which Postgres's text does not have, and halves of surrogate pairs, which are no characters. */
const text = fc.string({ unit: 'binary', maxLength: 60 }).filter((value) => !value.includes('\0'))

const cases: Case<never>[] = [
  of({ type: TEXT, values: text, printed: (value) => value }),
  of({ type: JSON_TEXT, values: fc.json(), printed: (value) => value }),
  of({
    type: BYTEA,
    values: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    printed: (value) => `\\x${value.toString('hex')}`,
  }),
  of({ type: UUID, values: fc.uuid(), printed: (value) => value }),
  of({
    type: UUID,
    values: fc.uuid().map((uuid) => uuid.toUpperCase()),
    printed: (value) => value.toLowerCase(),
  }),
  of({
    type: TIMESTAMPTZ,
    // The years 0001 to 9999.
    values: fc.bigInt(-62_135_596_800_000_000n, 253_402_300_799_999_999n),
    printed: formatInstant,
    print: `to_char(element at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
  }),
]

function of<Value>(one: Case<Value>): Case<never> {
  return one as unknown as Case<never>
}

test.each(cases)(
  'I7: an array of $type.name arrives as it was sent',
  async ({ type, values, printed, print }) => {
    const sql = `select ${print ?? 'element::text'} as printed from unnest($1::${type.name}[]) with ordinality as sent (element, n) order by n`
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(values), { maxLength: 20 }), async (elements) => {
        const rows = await queryTest<{ printed: string | null }>(db, sql, [binaryArray(type, elements)])
        expect(rows.map((row) => row.printed)).toEqual(
          elements.map((value) => (value === null ? null : printed(value))),
        )
      }),
      { numRuns: 60 },
    )
  },
)

test.each(['', '1234', 'ab'.repeat(17), 'ab'.repeat(15)])('%j is no UUID and is not sent as one', (id) => {
  expect(() => binaryArray(UUID, [id])).toThrow('not a UUID')
})
