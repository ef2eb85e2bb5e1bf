import { expect, test } from 'vitest'
import { lookUpTogether } from '../../src/access/look-up-together.ts'

/** Questions that are answered when told to. */
function rig() {
  const asked: string[][] = []
  const answers: PromiseWithResolvers<Map<string, string>>[] = []
  const lookUp = lookUpTogether((names) => {
    asked.push(names)
    const answer = Promise.withResolvers<Map<string, string>>()
    answers.push(answer)
    return answer.promise
  })
  const answer = async (found: Record<string, string>): Promise<void> => {
    answers.shift()?.resolve(new Map(Object.entries(found)))
    await new Promise(setImmediate)
  }
  const fail = async (error: Error): Promise<void> => {
    answers.shift()?.reject(error)
    await new Promise(setImmediate)
  }
  return { lookUp, asked, answer, fail }
}

test('E5: names that come while a question is under way are in the next one, each of them once', async () => {
  const { lookUp, asked, answer } = rig()
  const found = [lookUp('a'), lookUp('b'), lookUp('c'), lookUp('b')]
  expect(asked).toEqual([['a']])
  await answer({ a: 'A' })
  expect(asked).toEqual([['a'], ['b', 'c']])
  await answer({ b: 'B' })
  expect(await Promise.all(found)).toEqual(['A', 'B', null, 'B'])
})

test('E5: the answer that a caller gets was asked for after it came, also where the same was being asked already', async () => {
  const { lookUp, asked, answer } = rig()
  const before = lookUp('key')
  const after = lookUp('key')
  await answer({ key: 'valid' })
  expect(await before).toBe('valid')
  expect(asked).toHaveLength(2)
  await answer({})
  expect(await after).toBeNull()
})

test('E5: a question that fails, fails for those who were in it, and the next is asked', async () => {
  const { lookUp, answer, fail } = rig()
  const first = lookUp('a').catch((error: Error) => error.message)
  const second = lookUp('b')
  await fail(new Error('no connection'))
  expect(await first).toBe('no connection')
  await answer({ b: 'B' })
  expect(await second).toBe('B')
})

test('E5, I12: one question has a thousand names at most', async () => {
  const { lookUp, asked, answer } = rig()
  const all = Array.from({ length: 2_501 }, (_, i) => lookUp(`${i}`))
  for (let i = 0; i < 4; i++) await answer({})
  expect(asked.map(({ length }) => length)).toEqual([1, 1_000, 1_000, 500])
  expect(await Promise.all(all)).toEqual(Array<null>(2_501).fill(null))
})
