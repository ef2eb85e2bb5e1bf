import { expect, test } from 'vitest'
import { parseDuration } from '../../src/domain/duration.ts'

test.each([
  ['0s', 0n],
  ['45s', 45n],
  ['90m', 5400n],
  ['12h', 43_200n],
  ['30d', 2_592_000n],
  ['2w', 1_209_600n],
  ['999999s', 999_999n],
  ['36525d', 3_155_760_000n],
])('%s is so many seconds', (text, seconds) => {
  expect(parseDuration(text)).toBe(seconds * 1_000_000n)
})

test.each([
  '',
  '30',
  'd',
  '-1d',
  '1.5h',
  '1 d',
  '1d ',
  '1D',
  '1y',
  '1d12h',
  '1000000s',
  'constructor',
  '1e2s',
  // More than a hundred years back would leave the calendar.
  '36526d',
  '999999w',
])('F16: %j is no duration', (text) => {
  expect(parseDuration(text)).toBeNull()
})
