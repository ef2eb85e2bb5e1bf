import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeParts } from '../../src/http/encode-parts.ts'

/** Short and long, of one to four bytes for a character, and half a surrogate pair. */
const part = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.tuple(fc.constantFrom('a', 'é', '€', '😀', '\ud800'), fc.nat(70_000)).map(([unit, n]) => unit.repeat(n)),
)

test('the chunks are the UTF-8 of all parts, one after the other', () => {
  fc.assert(
    fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
      const expected = Buffer.concat(parts.map((text) => Buffer.from(text)))
      const chunks = encodeParts(parts)
      expect(Buffer.concat(chunks).equals(expected)).toBe(true)
      expect(chunks.every(({ length }) => length > 0)).toBe(true)
    }),
    { numRuns: 200, examples: [[[]], [['']], [['', 'a', '']]] },
  )
})

test('five hundred events are a handful of chunks, and a short answer takes no more than it needs', () => {
  const events = Array.from({ length: 500 }, () => 'x'.repeat(800))
  expect(encodeParts(events).length).toBeLessThan(10)
  const [chunk] = encodeParts(['{"ok":true}'])
  expect(chunk?.buffer.byteLength).toBeLessThanOrEqual(64 * 1024)
})
