import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MICROS_PER_MS, parseInstant } from '../../src/domain/instant.ts'
import { localTimeIn } from '../../src/export/local-time.ts'

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'Asia/Kathmandu',
  'Australia/Lord_Howe',
  'America/St_Johns',
  'Pacific/Apia',
]

test.each([
  ['Europe/Berlin', '2026-03-29T00:59:59.999Z', '2026-03-29 01:59:59'],
  ['Europe/Berlin', '2026-03-29T01:00:00Z', '2026-03-29 03:00:00'],
  ['Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-25 02:30:00'],
  ['Europe/Berlin', '2026-10-25T01:30:00Z', '2026-10-25 02:30:00'],
  ['Asia/Kathmandu', '2026-06-15T18:20:00.000001Z', '2026-06-16 00:05:00'],
  ['Australia/Lord_Howe', '2026-04-04T15:00:00Z', '2026-04-05 01:30:00'],
  ['UTC', '2026-06-15T16:54:17.946309+02:00', '2026-06-15 14:54:17'],
])('In %s, %s is %s', (zone, text, local) => {
  expect(localTimeIn(zone)(parseInstant(text) ?? 0n)).toBe(local)
})

test('It is what Intl says of every second, also where the clocks change', () => {
  const zones = ZONES.map((zone) => ({
    ours: localTimeIn(zone),
    intl: new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' }),
  }))
  const agrees = fc.property(
    fc.integer({ min: Date.UTC(1975), max: Date.UTC(2037) }),
    fc.constantFrom(...zones),
    (ms, { ours, intl }) => {
      expect(ours(BigInt(ms) * MICROS_PER_MS)).toBe(intl.format(ms))
    },
  )
  expect(fc.check(agrees, { numRuns: 2_000 })).toMatchObject({ failed: false, error: null })
})
