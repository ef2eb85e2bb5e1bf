import { expect, test } from 'vitest'
import { formatInstant, parseInstant } from '../../../src/domain/instant.ts'
import { segmentsOf } from '../../../src/store/stats/segments-of.ts'

const on = (time: string) => parseInstant(`2026-06-01T${time}Z`) ?? 0n
const cut = (...bounds: string[]) =>
  segmentsOf(bounds.map(on)).map(({ source, from, to }) =>
    [source, ...[from, to].map((at) => formatInstant(at).slice(11, 19))].join(' '),
  )

test.each([
  ['whole hours', ['10:00:00', '11:00:00', '13:00:00'], ['hours 10:00:00 13:00:00']],
  [
    'ends anywhere',
    ['10:07:00', '11:00:00', '12:31:00'],
    [
      'events 10:07:00 10:15:00',
      'quarters 10:15:00 11:00:00',
      'hours 11:00:00 12:00:00',
      'quarters 12:00:00 12:30:00',
      'events 12:30:00 12:31:00',
    ],
  ],
  [
    'buckets that begin at a quarter past',
    ['10:00:00', '10:15:00', '11:15:00', '12:00:00'],
    ['quarters 10:00:00 12:00:00'],
  ],
  ['less than a quarter', ['10:01:00', '10:16:00'], ['events 10:01:00 10:16:00']],
  [
    'a bucket that begins within a quarter',
    ['10:00:00', '11:01:00', '12:00:00'],
    ['events 10:00:00 12:00:00'],
  ],
  ['two quarters on both sides of an hour', ['10:45:00', '11:15:00'], ['quarters 10:45:00 11:15:00']],
])('A window is cut into what the roll-ups hold and the rest: %s', (_title, bounds, segments) => {
  expect(cut(...bounds)).toEqual(segments)
})

test('Windows before 1970 are cut at whole quarters as well', () => {
  const [from, to] = [-5_400_000_001n, -1_800_000_000n]
  expect(segmentsOf([from, to])).toEqual([
    { source: 'events', from, to: -5_400_000_000n },
    { source: 'quarters', from: -5_400_000_000n, to: -1_800_000_000n },
  ])
})
