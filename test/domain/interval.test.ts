import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { gapsIn, intersect, type Interval, subtract } from '../../src/domain/interval.ts'

/** Beyond every finite bound below: what holds here holds for ever. */
const SIZE = 24

const bound = fc.integer({ min: 0, max: SIZE - 4 })
const interval: fc.Arbitrary<Interval> = fc
  .tuple(bound, fc.option(fc.integer({ min: 1, max: 8 })))
  .map(([from, length]) => ({
    from: BigInt(from),
    to: length === null ? null : BigInt(Math.min(from + length, SIZE - 1)),
  }))

/** The same as a set, instant by instant. */
function instantsOf(intervals: readonly Interval[]): Set<number> {
  const all = Array.from({ length: SIZE }, (_, i) => i)
  return new Set(
    all.filter((i) => intervals.some(({ from, to }) => BigInt(i) >= from && (to === null || BigInt(i) < to))),
  )
}

function expectOrderedAndProper(pieces: readonly Interval[]) {
  const ends = pieces.flatMap(({ from, to }) => [from, to ?? BigInt(SIZE)])
  expect(ends).toEqual(ends.toSorted((a, b) => Number(a - b)))
  for (const { from, to } of pieces) expect(to).not.toBe(from)
}

describe('intervals', () => {
  test('intersect holds exactly what both hold', () => {
    fc.assert(
      fc.property(interval, interval, (a, b) => {
        const shared = intersect(a, b)
        const expected = instantsOf([a]).intersection(instantsOf([b]))
        expect(instantsOf(shared === null ? [] : [shared])).toEqual(expected)
        expect(shared === null).toBe(expected.size === 0)
        if (shared) expectOrderedAndProper([shared])
      }),
    )
  })

  test('subtract leaves exactly what the other does not hold, in proper pieces, the earlier first', () => {
    fc.assert(
      fc.property(interval, interval, (whole, part) => {
        const left = subtract(whole, part)
        expect(instantsOf(left)).toEqual(instantsOf([whole]).difference(instantsOf([part])))
        expectOrderedAndProper(left)
        expect(left.length).toBeLessThanOrEqual(2)
      }),
    )
  })

  test('I5: gapsIn is exactly what no covered range holds, earliest first, in whatever order they come', () => {
    fc.assert(
      fc.property(interval, fc.array(interval, { maxLength: 6 }), (whole, covered) => {
        const gaps = gapsIn(whole, covered)
        expect(instantsOf(gaps)).toEqual(instantsOf([whole]).difference(instantsOf(covered)))
        expectOrderedAndProper(gaps)
      }),
    )
  })

  test('a range without an end minus one without an end ends where the other begins', () => {
    expect(subtract({ from: 0n, to: null }, { from: 5n, to: null })).toEqual([{ from: 0n, to: 5n }])
    expect(subtract({ from: 5n, to: null }, { from: 0n, to: null })).toEqual([])
  })
})
