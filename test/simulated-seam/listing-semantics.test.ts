import { describe, expect, test } from 'vitest'

import type { Faults, SimulatedSeam } from '../../src/simulated-seam/start-simulated-seam.ts'
import { at, ids, list, startSeam } from './ask.ts'

/** Events `e00`, `e01`, …, one each millisecond from `at(0)`. */
async function seamWithEvents(count: number, faults: Partial<Faults> = {}): Promise<SimulatedSeam> {
  const seam = await startSeam({ faults })
  const events = Array.from({ length: count }, (_, index) => ({
    event_id: `e${String(index).padStart(2, '0')}`,
    event_type: 'device.connected',
    created_at: at(index),
  }))
  seam.add(events)
  return seam
}

describe('order and limit', () => {
  test('a page is newest first, of 500 events at most, and stops at the limit', async () => {
    const seam = await seamWithEvents(600)
    const page = await list(seam)
    expect(page).toHaveLength(500)
    expect(page[0]?.event_id).toBe('e599')
    expect(ids(await list(seam, { limit: 2 }))).toEqual(['e599', 'e598'])
    expect(await list(seam, { limit: 550 })).toHaveLength(500)
  })

  test('unstable_offset skips from the start of what is shown', async () => {
    const seam = await seamWithEvents(5)
    expect(ids(await list(seam, { limit: 2, unstable_offset: 2 }))).toEqual(['e02', 'e01'])
    expect(ids(await list(seam, { unstable_offset: 5 }))).toEqual([])
  })

  test.each([
    ['newest-first', 'as-shown', ['e04', 'e03']],
    ['oldest-first', 'as-shown', ['e00', 'e01']],
    ['newest-first', 'newest', ['e04', 'e03']],
    ['oldest-first', 'newest', ['e03', 'e04']],
    ['newest-first', 'oldest', ['e01', 'e00']],
    ['oldest-first', 'oldest', ['e00', 'e01']],
  ] as const)('shown %s and keeping %s, a page of two is %j', async (order, keeps, expected) => {
    const seam = await seamWithEvents(5, { order, keeps })
    expect(ids(await list(seam, { limit: 2 }))).toEqual(expected)
  })

  test('a page cap wins over the limit, and may change from page to page', async () => {
    let cap = 3
    const seam = await seamWithEvents(10, { pageCap: () => cap })
    expect(await list(seam, { limit: 5 })).toHaveLength(3)
    cap = 4
    expect(await list(seam, { limit: 5 })).toHaveLength(4)
    seam.setFaults({ pageCap: 1 })
    expect(await list(seam)).toHaveLength(1)
  })

  test('an ignored offset shows the same page again', async () => {
    const seam = await seamWithEvents(5, { ignoreOffset: true })
    expect(await list(seam, { limit: 2, unstable_offset: 2 })).toEqual(await list(seam, { limit: 2 }))
  })

  test('events of one instant come in another order each time, but always together', async () => {
    const seam = await startSeam({ faults: { shuffleWithinInstant: true } })
    const same = Array.from({ length: 40 }, (_, index) => ({ event_id: `s${index}`, created_at: at(5) }))
    seam.add([...same, { event_id: 'before', created_at: at(4) }, { event_id: 'after', created_at: at(6) }])
    const [one, two] = [ids(await list(seam)), ids(await list(seam))]
    expect(one).not.toEqual(two)
    expect(one.toSorted()).toEqual(two.toSorted())
    expect([one[0], one.at(-1)]).toEqual(['after', 'before'])
  })
})

describe('bounds', () => {
  test('bounds are exclusive at both ends', async () => {
    const seam = await seamWithEvents(5)
    expect(ids(await list(seam, { since: at(2) }))).toEqual(['e04', 'e03'])
    expect(ids(await list(seam, { between: [at(1), at(3)] }))).toEqual(['e02'])
  })

  test('bounds are inclusive at both ends when asked for', async () => {
    const seam = await seamWithEvents(5, { inclusive: true })
    expect(ids(await list(seam, { since: at(2) }))).toEqual(['e04', 'e03', 'e02'])
    expect(ids(await list(seam, { between: [at(1), at(3)] }))).toEqual(['e03', 'e02', 'e01'])
  })

  test('bounds are instants: another offset means the same', async () => {
    const seam = await seamWithEvents(3)
    expect(ids(await list(seam, { since: at(1).replace('T16', 'T18').replace('Z', '+02:00') }))).toEqual([
      'e02',
    ])
  })

  const micros = ['946100', '946309', '946900', '947000'].map((fraction) => ({
    event_id: fraction,
    created_at: `2025-06-15T16:54:17.${fraction}Z`,
  }))

  test('microseconds count in a comparison', async () => {
    const seam = await startSeam()
    seam.add(micros)
    expect(ids(await list(seam, { since: '2025-06-15T16:54:17.946309Z' }))).toEqual(['947000', '946900'])
    expect(ids(await list(seam, { since: '2025-06-15T16:54:17.946Z' }))).toHaveLength(4)
  })

  test.each([
    [false, ['947000']],
    [true, ['947000', '946900', '946309', '946100']],
  ])(
    'cut to milliseconds, siblings of the bound are all in or all out (inclusive: %s)',
    async (inclusive, expected) => {
      const seam = await startSeam({ faults: { comparePrecision: 'millis', inclusive } })
      seam.add(micros)
      expect(ids(await list(seam, { since: '2025-06-15T16:54:17.946309Z' }))).toEqual(expected)
      const between = ['2025-06-15T16:54:17.945Z', '2025-06-15T16:54:17.946500Z']
      expect(ids(await list(seam, { between }))).toEqual(inclusive ? expected.slice(1) : [])
    },
  )
})

describe('what exists', () => {
  test('a created_at given as text is kept to the digit, and the event is put where it belongs', async () => {
    const seam = await seamWithEvents(3)
    const created_at = '2025-06-15T16:54:17.001500001+00:00'
    seam.add([{ event_id: 'late', event_type: 'made.up', created_at, anything: { goes: true } }])
    const page = await list(seam)
    expect(ids(page)).toEqual(['e02', 'late', 'e01', 'e00'])
    expect(page[1]).toMatchObject({ created_at, anything: { goes: true }, workspace_id: seam.workspaceId })
  })

  test('generated events have as many digits as asked for', async () => {
    const seam = await startSeam({ faults: { createdAtPrecision: 'micros' } })
    for (const event of seam.emit(20)) expect(event.created_at).toMatch(/\.\d{6}Z$/)
    seam.setFaults({ createdAtPrecision: 'millis' })
    for (const event of seam.emit(20)) expect(event.created_at).toMatch(/\.\d{3}Z$/)
  })

  test('an event with late visibility is listed only when the server’s clock has come so far', async () => {
    let clock = Date.parse(at(0))
    const seam = await startSeam({ now: () => clock, faults: { lateVisibilityMs: [2000, 2000] } })
    seam.emit(1)
    expect(seam.events()).toHaveLength(1)
    clock += 1999
    expect(await list(seam)).toHaveLength(0)
    clock += 1
    expect(await list(seam)).toHaveLength(1)
  })

  test('an event can be kept from ever being listed', async () => {
    const seam = await startSeam()
    seam.add([{}], { visibleAtMs: Infinity })
    expect(await list(seam)).toHaveLength(0)
    expect(seam.events()).toHaveLength(1)
  })

  test('the clock offset moves created_at and the Date header alike', async () => {
    const clock = Date.parse(at(0))
    const seam = await startSeam({ now: () => clock, faults: { clockOffsetMs: 3_600_000 } })
    expect(seam.emit(1)[0]?.created_at).toBe(at(3_600_000))
    const { headers } = await fetch(`${seam.url}/workspaces/get`)
    expect(Date.parse(headers.get('date') ?? '')).toBe(clock + 3_600_000)
  })
})
