import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ElementCutter } from '../../src/seam/cut-elements.ts'
import { sliceArray } from '../../src/seam/slice-array.ts'

const LIMITS = { maxElementBytes: 1_000_000, maxShellBytes: 1_000_000 }

/** Cuts a text that arrives in parts of these sizes, which repeat. */
function cut(text: string | Buffer, sizes: readonly number[], limits = LIMITS) {
  const cutter = new ElementCutter('list', limits)
  const bytes = Buffer.from(text)
  const elements: { text: string; isWhole: boolean }[] = []
  for (let from = 0, n = 0; from < bytes.length; n++) {
    const size = sizes[n % sizes.length] ?? 1
    for (const { bytes: element, isWhole } of cutter.push(bytes.subarray(from, from + size))) {
      elements.push({ text: element.toString('utf8'), isWhole })
    }
    from += size
  }
  return { elements, shell: cutter.shell.toString('utf8'), arrays: cutter.arrays }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 5 })
const answers = fc
  .record({
    list: fc.array(fc.jsonValue(), { maxLength: 8 }),
    before: fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 3 }),
    after: fc.jsonValue(),
    indent: fc.constantFrom(0, 1, '\t'),
  })
  .map(({ list, before, after, indent }) => JSON.stringify({ ...before, list, after }, null, indent))

describe('E8, I7: elements that are cut out of an answer as it arrives', () => {
  test('are the same to the character, wherever the parts of the answer begin', () => {
    fc.assert(
      fc.property(answers, sizes, (text, parts) => {
        const { elements, shell, arrays } = cut(text, parts)
        expect(elements.map((element) => element.text)).toEqual(sliceArray(text, 'list'))
        expect(elements.every(({ isWhole }) => isWhole)).toBe(true)
        expect(arrays).toBe(1)
        const { list, ...rest } = JSON.parse(text) as { list: unknown[] }
        expect(JSON.parse(shell)).toEqual({ ...rest, list: list.map(() => 0) })
      }),
    )
  })

  test('are JSON together with the shell if and only if the answer is', () => {
    let broken = 0
    const changes = fc.record({
      at: fc.nat(),
      to: fc.constantFrom('', ',', '[', ']', '{', '}', '"', '\\', '0', ' ', ':', 'x', '\n', '\u0001'),
    })
    fc.assert(
      fc.property(answers, sizes, changes, (text, parts, { at, to }) => {
        const place = at % text.length
        const changed = text.slice(0, place) + to + text.slice(place + 1)
        const { elements, shell } = cut(changed, parts)
        if (!isJson(changed)) broken += 1
        expect([shell, ...elements.map((element) => element.text)].every(isJson)).toBe(isJson(changed))
      }),
      { numRuns: 3_000 },
    )
    expect(broken).toBeGreaterThan(500)
  })

  test.each([
    '{"list":[1',
    '{"list":[{"a":[',
    '{"list":["a',
    '{"list":[1,2]',
    '{"list":',
    '',
    '[1]',
    '"list"',
  ])('of %j leave a shell that is no object with a list', (text) => {
    const { shell } = cut(text, [3])
    const value: unknown = isJson(shell) ? JSON.parse(shell) : null
    expect((value as { list?: unknown } | null)?.list).toBeUndefined()
  })

  test('are found by the name of the list, even with escapes, but not in a nested list with that name', () => {
    expect(cut('{"a":{"list":[1]},"b":"list","li\\u0073t":[2]}', [1]).elements).toMatchObject([{ text: '2' }])
    expect(cut('{"list":[1],"list":[2]}', [1]).arrays).toBe(2)
  })

  test('I12: are kept up to a size, and the rest of the answer as well', () => {
    const text = `{"list":["${'x'.repeat(50)}",1]}`
    expect(cut(text, [7], { ...LIMITS, maxElementBytes: 20 }).elements).toEqual([
      { text: `"${'x'.repeat(19)}`, isWhole: false },
      { text: '1', isWhole: true },
    ])
    expect(() =>
      cut(`{"pad":"${'x'.repeat(50)}",${text.slice(1)}`, [7], { ...LIMITS, maxShellBytes: 40 }),
    ).toThrow(/larger than 40 bytes/)
  })
})
