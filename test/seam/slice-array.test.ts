import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sliceArray } from '../../src/seam/slice-array.ts'

/** JSON text with white space, escapes, number spellings and duplicate keys that JSON.stringify would never write. */
const space = fc.stringMatching(/^[ \n\r\t]{0,3}$/)
const stringText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }).map((text) => JSON.stringify(text)),
  fc
    .array(
      fc.constantFrom(
        '\\"',
        '\\\\',
        '\\/',
        '\\u0000',
        '\\ud800',
        '[',
        ']',
        '{',
        '}',
        ',',
        ':',
        ' ',
        'é',
        '\\n',
      ),
      {
        maxLength: 8,
      },
    )
    .map((parts) => `"${parts.join('')}"`),
)
const scalarText = fc.oneof(
  stringText,
  fc.constantFrom(
    'null',
    'true',
    'false',
    '0',
    '-0',
    '21.50',
    '1e3',
    '-1.5E-7',
    '123456789012345678901234567890',
  ),
)
const { value: valueText } = fc.letrec<{ value: string; array: string; object: string }>((tie) => ({
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, scalarText, tie('array'), tie('object')),
  array: fc
    .array(fc.tuple(space, tie('value'), space), { maxLength: 4 })
    .map((items) => `[${items.map((item) => item.join('')).join(',')}]`),
  object: fc
    .array(
      fc.tuple(space, fc.oneof(stringText, fc.constant('"events"')), space, space, tie('value'), space),
      {
        maxLength: 4,
      },
    )
    .map(
      (members) =>
        `{${members.map(([a, key, b, c, value, d]) => `${a}${key}${b}:${c}${value}${d}`).join(',')}}`,
    ),
}))

interface Piece {
  before: string
  text: string
  after: string
}
const pieces = fc.array(fc.record<Piece>({ before: space, text: valueText, after: space }), { maxLength: 6 })
const otherMember = fc
  .tuple(stringText, valueText)
  .filter(([key]) => JSON.parse(key) !== 'events')
  .map(([key, value]) => `${key} :${value}`)
/** "events" in any spelling. */
const eventsKey = fc.constantFrom('"events"', '"\\u0065vents"', '"event\\u0073"')

describe('the slices of an array', () => {
  test('I7: are its elements, each letter for letter', () => {
    fc.assert(
      fc.property(
        pieces,
        fc.array(otherMember, { maxLength: 3 }),
        fc.array(otherMember, { maxLength: 3 }),
        eventsKey,
        space,
        (elements, before, after, key, around) => {
          const inner = elements.map((piece) => `${piece.before}${piece.text}${piece.after}`).join(',')
          const array = `[${inner || around}]`
          const json = `${around}{${[...before, `${around}${key}${around}:${around}${array}${around}`, ...after].join(',')}}${around}`
          const slices = sliceArray(json, 'events')
          expect(slices).toEqual(elements.map(({ text }) => text))
          const { events } = JSON.parse(json) as { events: unknown[] }
          expect(slices?.map((slice) => JSON.parse(slice) as unknown)).toEqual(events)
        },
      ),
      { numRuns: 500 },
    )
  })

  test('of any object are what JSON.parse sees, or null where it sees no array', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(eventsKey, valueText), { maxLength: 3 }), (members) => {
        const json = `{${members.map(([key, value]) => `${key}:${value}`).join(' , ')}}`
        const { events } = JSON.parse(json) as { events?: unknown }
        const slices = sliceArray(json, 'events')
        const parsed = slices?.map((slice) => JSON.parse(slice) as unknown) ?? null
        expect(parsed).toEqual(Array.isArray(events) ? events : null)
      }),
      { numRuns: 500 },
    )
  })

  test.each([
    ['of duplicate keys the last counts', '{"events":[1],"events":[2, 3]}', ['2', '3']],
    ['also when it is no array', '{"events":[1],"events":null}', null],
    ['a key inside another value does not count', '{"a":{"events":[1]},"b":["events",[2]]}', null],
    ['a text that looks like the key does not count', '{"a":"\\"events\\":[1]","events":[2]}', ['2']],
    ['an empty array has none', '{"events": [ \n ]}', []],
    ['an empty object has no array', '{}', null],
    ['backslashes before a quote are counted', '{"a":"\\\\","events":["\\\\\\"",1]}', ['"\\\\\\""', '1']],
  ])('%s', (_what, json, expected) => {
    expect(sliceArray(json, 'events')).toEqual(expected)
  })

  test('of a large page are found in a time that grows with its length', () => {
    const item = JSON.stringify({ text: `${'\\'.repeat(50)}"`.repeat(20), deep: '['.repeat(50) })
    const json = `{"events":[${Array.from({ length: 2000 }, () => item).join(',')}]}`
    expect(sliceArray(json, 'events')).toHaveLength(2000)
  })
})
