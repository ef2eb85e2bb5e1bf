import { expect, test } from 'vitest'

import { formatInstant, parseInstant } from '../../src/simulated-seam/instant.ts'

test('an instant keeps six digits through parsing and formatting', () => {
  const text = '2025-06-15T16:54:17.946309Z'
  expect(formatInstant(parseInstant(text) ?? 0, 'micros')).toBe(text)
  expect(formatInstant(parseInstant(text) ?? 0, 'millis')).toBe('2025-06-15T16:54:17.946Z')
})

test.each([
  ['2025-06-15T18:54:17.9463+02:00', '2025-06-15T16:54:17.946300Z'],
  ['2025-06-15 16:54:17+00', '2025-06-15T16:54:17.000000Z'],
  ['2025-06-15T16:54:17.123456789Z', '2025-06-15T16:54:17.123456Z'],
  ['2025-06-15T16:54', '2025-06-15T16:54:00.000000Z'],
  ['2025-06-15', '2025-06-15T00:00:00.000000Z'],
  ['Sun, 15 Jun 2025 16:54:17 GMT', '2025-06-15T16:54:17.000000Z'],
])('%s is read as %s', (text, expected) => {
  expect(formatInstant(parseInstant(text) ?? 0, 'micros')).toBe(expected)
})

test.each(['1750006457', '20250615T165417Z', 'yesterday', '', '2025-13-45T00:00:00Z'])(
  '%j is no instant',
  (text) => {
    expect(parseInstant(text)).toBeUndefined()
  },
)
