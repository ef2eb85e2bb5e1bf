import { describe, expect, test } from 'vitest'
import { type KeptEnd, type KeptEnds, learnKeptEnd, type Yardstick } from '../../src/walk/kept-end.ts'
import type { Display, Page } from '../../src/walk/listing.ts'

const SECOND = 1_000_000n

/** A page of a window from second 0 to 100 that had events from 40 to 60, when all that is older than second 90 was visible. */
const yardstick = (display: Display): Yardstick => ({
  display,
  eventIds: new Set(['on it']),
  after: 0n,
  before: 100n * SECOND,
  oldest: 40n * SECOND,
  newest: 60n * SECOND,
  horizon: 90n * SECOND,
})

const learn = (
  yardsticks: readonly Yardstick[],
  kept: KeptEnds,
  ...events: [id: string, second: number][]
) => {
  const items = events.map(([eventId, second]) => ({
    eventId,
    createdAt: BigInt(second) * SECOND,
  }))
  return learnKeptEnd({ kept, yardsticks }, { items } as unknown as Page)
}

describe('I5: which end of a window a page was taken from', () => {
  test.each<[string, [string, number][], KeptEnd | undefined]>([
    ['is the newest when something older was left out', [['older', 20]], 'newest'],
    ['is the oldest when something newer was left out', [['newer', 80]], 'oldest'],
    ['is unknowable when something older was left out, and then something newer', [['older', 20], ['newer', 80]], 'unknowable'], // prettier-ignore
    ['is unknowable when something newer was left out, and then something older', [['newer', 80], ['older', 20]], 'unknowable'], // prettier-ignore
    [
      'stays unknowable',
      [
        ['older', 20],
        ['newer', 80],
        ['older too', 21],
      ],
      'unknowable',
    ],
    ['is not told by what was on the page', [['on it', 20]], undefined],
    ['is not told by what was not visible yet', [['late', 95]], undefined],
    ['is not told by what lies at the edge of the window', [['at the edge', 0]], undefined],
  ])('%s', (_what, events, end) => {
    expect(learn([yardstick('descending')], {}, ...events).kept).toEqual(
      end === undefined ? {} : { descending: end },
    )
  })

  test('is unknowable when two pages of one order say different things, and neither is compared with again', () => {
    const narrow = {
      ...yardstick('ascending'),
      before: 30n * SECOND,
      oldest: 5n * SECOND,
      newest: 10n * SECOND,
    }
    const learned = learn([yardstick('ascending'), narrow], {}, ['between', 20])
    expect(learned).toEqual({ kept: { ascending: 'unknowable' }, yardsticks: [] })
  })

  test('is learned for each order by itself', () => {
    const other = yardstick('ascending')
    const learned = learn([other], { descending: 'newest' }, ['newer', 80])
    expect(learned.kept).toEqual({ descending: 'newest', ascending: 'oldest' })
  })
})
