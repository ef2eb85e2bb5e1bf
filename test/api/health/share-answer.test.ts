import { expect, test } from 'vitest'
import { shareAnswer } from '../../../src/api/health/share-answer.ts'

test('E3: however many want to know, the question is asked once at a time and once in a second', async () => {
  let now = 0
  let asked = 0
  let answer = Promise.withResolvers<string>()
  const ask = shareAnswer(
    () => {
      asked += 1
      return answer.promise
    },
    { maxAgeMs: 1_000, monotonicMs: () => now },
  )
  const first = Array.from({ length: 150 }, ask)
  now = 60_000
  const waiting = ask()
  expect(asked, 'also when the answer takes long').toBe(1)
  answer.resolve('ready')
  expect(new Set(await Promise.all([...first, waiting]))).toEqual(new Set(['ready']))
  now = 60_999
  expect(await ask()).toBe('ready')
  expect(asked).toBe(1)

  now = 61_000
  answer = Promise.withResolvers()
  answer.reject(new Error('away'))
  await expect(ask()).rejects.toThrow('away')
  await expect(ask(), 'an error is an answer as well').rejects.toThrow('away')
  expect(asked).toBe(2)
  now = 62_000
  answer = Promise.withResolvers()
  answer.resolve('ready')
  expect(await ask()).toBe('ready')
  expect(asked).toBe(3)
})
