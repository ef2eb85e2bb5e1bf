import { expect, test } from 'vitest'
import { createServerWatch, isWrongServer } from '../../src/postgres/server-watch.ts'

test('F2: one connection that is refused writes has all that were open then given up, and new ones kept', () => {
  let now = 0
  const watch = createServerWatch(() => now)
  const [writing, reading] = [watch.opened(), watch.opened()]
  now = 5_000
  expect([writing.isLeft(), reading.isLeft()]).toEqual([false, false])
  writing.refusedWrite()
  expect([writing.isLeft(), reading.isLeft()]).toEqual([true, true])
  now = 5_001
  expect(watch.opened().isLeft()).toBe(false)
})

test('F2, I12: where every server refuses writes, connections are not opened again and again but once a second', () => {
  let now = 0
  const watch = createServerWatch(() => now)
  let opened = 0
  let connection = watch.opened()
  for (now = 10_000; now < 20_000; now += 10) {
    if (connection.isLeft()) {
      connection = watch.opened()
      opened += 1
    }
    connection.refusedWrite()
  }
  expect(opened).toBeLessThanOrEqual(10)
  expect(opened).toBeGreaterThanOrEqual(8)
})

test('F2: a wrong server is known by the refusal to write and by the refusal to lock, and by nothing else', () => {
  const error = (code: string, message = '') => Object.assign(new Error(message), { code })
  expect(isWrongServer(error('25006'))).toBe(true)
  expect(isWrongServer(error('55000', 'cannot acquire lock mode … while recovery is in progress'))).toBe(true)
  for (const other of [error('55000', 'object is in use'), error('25P02'), new Error('25006'), null])
    expect(isWrongServer(other)).toBe(false)
})
