import { describe, expect, test } from 'vitest'
import { inTurns } from '../../src/receiver/in-turns.ts'

describe('work in turns', () => {
  test('what arrives in one turn of the event loop is worked on in a row, in order, after all of it has arrived', async () => {
    const log: string[] = []
    const double = inTurns((input: number) => {
      log.push(`works on ${input}`)
      return input * 2
    })
    const outputs = [1, 2, 3].map(async (input) => {
      const output = await double(input)
      log.push(`has ${output}`)
      return output
    })
    log.push('all have arrived')
    expect(await Promise.all(outputs)).toEqual([2, 4, 6])
    expect(log).toEqual([
      'all have arrived',
      'works on 1',
      'works on 2',
      'works on 3',
      'has 2',
      'has 4',
      'has 6',
    ])
    expect(await double(4)).toBe(8)
  })

  test('an input whose work throws fails alone', async () => {
    const check = inTurns((input: string) => {
      if (input === 'bad') throw new Error('bad input')
      return input
    })
    expect(await Promise.allSettled(['a', 'bad', 'c'].map(check))).toEqual([
      { status: 'fulfilled', value: 'a' },
      { status: 'rejected', reason: new Error('bad input') },
      { status: 'fulfilled', value: 'c' },
    ])
  })
})
