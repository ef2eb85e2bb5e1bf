import { expect, test } from 'vitest'

import { startSeam } from './ask.ts'

const now = (): number => Date.parse('2025-06-15T16:54:17.000Z')
const month = { from: Date.parse('2025-05-01T00:00:00Z'), to: Date.parse('2025-06-01T00:00:00Z') }

test('the same seed gives the same workspace, keys, hotel and events', async () => {
  const [one, two] = [await startSeam({ seed: 42, now }), await startSeam({ seed: 42, now })]
  const history = { count: 300, ...month }
  for (const seam of [one, two]) {
    seam.fill(history)
    seam.emit(50)
  }
  expect(two.workspaceId).toBe(one.workspaceId)
  expect(two.apiKey).toBe(one.apiKey)
  expect(two.hotel).toEqual(one.hotel)
  expect(two.events()).toEqual(one.events())
})

test('requests and their faults do not change which events are made', async () => {
  const quiet = await startSeam({ now })
  const busy = await startSeam({ now, faults: { shuffleWithinInstant: true, badItemRate: 0.5 } })
  busy.add([{ event_id: 'given', event_type: 'lock.locked' }])
  await fetch(`${busy.url}/events/list?since=2000-01-01`, {
    headers: { authorization: `Bearer ${busy.apiKey}` },
  })
  expect(busy.emit(20)).toEqual(quiet.emit(20))
})

test('another seed gives other ids', async () => {
  const [one, two] = [await startSeam({ seed: 1, now }), await startSeam({ seed: 2, now })]
  expect(two.workspaceId).not.toBe(one.workspaceId)
  expect(two.emit(1)[0]?.event_id).not.toBe(one.emit(1)[0]?.event_id)
})

test('history lies in its period, oldest first, with the burst in one millisecond', async () => {
  const seam = await startSeam()
  const burstAt = Date.parse('2025-05-20T12:00:00.123Z')
  const history = { count: 1000, ...month, burst: { count: 200, at: burstAt } }
  const events = seam.fill(history)
  const instants = events.map((event) => Date.parse(event.created_at))
  expect(events).toHaveLength(1000)
  expect(instants.filter((instant) => instant === burstAt)).toHaveLength(200)
  expect(instants).toEqual(instants.toSorted((a, b) => a - b))
  expect(Math.min(...instants)).toBeGreaterThanOrEqual(month.from)
  expect(Math.max(...instants)).toBeLessThan(month.to)
})

test('traffic makes events until it is stopped', async () => {
  const seam = await startSeam()
  seam.startTraffic({ eventsPerSecond: 2000 })
  await expect.poll(() => seam.events().length).toBeGreaterThan(50)
  seam.stopTraffic()
  const { length } = seam.events()
  // Traffic that was not stopped would go on in this turn of the timers.
  await new Promise((resolve) => setTimeout(resolve, 5))
  expect(seam.events()).toHaveLength(length)
})
