import { expect, test } from 'vitest'

import type { Faults, SimulatedSeam } from '../../src/simulated-seam/start-simulated-seam.ts'
import { ask, list, startSeam } from './ask.ts'

function request(seam: SimulatedSeam): Promise<Response> {
  const headers = { authorization: `Bearer ${seam.apiKey}` }
  return fetch(`${seam.url}/events/list?since=2000-01-01`, { headers })
}

test.each<[Partial<Faults>, number, string]>([
  [{ errorRate: 1 }, 500, 'internal_server_error'],
  [{ rateLimitRate: 1 }, 429, 'rate_limited'],
  [{ rejectCredentials: true }, 401, 'unauthorized'],
])('%j answers %i %s in Seam’s shape', async (faults, status, type) => {
  const seam = await startSeam({ faults })
  const response = await request(seam)
  expect(response.status).toBe(status)
  expect(response.headers.get('retry-after')).toBeNull()
  expect(await response.json()).toMatchObject({ error: { type }, ok: false })
})

test('a rate limit says when to come back, if asked to', async () => {
  const seam = await startSeam({ faults: { rateLimitRate: 1, retryAfter: '7' } })
  expect((await request(seam)).headers.get('retry-after')).toBe('7')
})

test('failNext fails so many requests and then no more', async () => {
  const seam = await startSeam({ faults: { failNext: 2 } })
  const statuses = []
  for (let i = 0; i < 3; i++) statuses.push((await request(seam)).status)
  expect(statuses).toEqual([503, 503, 200])
  expect(seam.requests().map((logged) => logged.status)).toEqual(statuses)
})

test('htmlRate answers a web page with status 200', async () => {
  const seam = await startSeam({ faults: { htmlRate: 1 } })
  const response = await request(seam)
  expect(response.status).toBe(200)
  expect(response.headers.get('content-type')).toMatch('text/html')
  expect(await response.text()).toMatch(/^<!DOCTYPE html>/)
})

test('badGatewayRate answers 502 with a web page', async () => {
  const seam = await startSeam({ faults: { badGatewayRate: 1 } })
  const response = await request(seam)
  expect(response.status).toBe(502)
  expect(await response.text()).toMatch(/^<html>/)
})

test('invalidJsonRate answers a complete body that is no JSON', async () => {
  const seam = await startSeam({ faults: { invalidJsonRate: 1 } })
  seam.emit(5)
  const text = await (await request(seam)).text()
  expect(text).toMatch(/^\{"events":\[/)
  expect(() => JSON.parse(text)).toThrow(SyntaxError)
})

test('truncateRate promises the whole body and hangs up in the middle', async () => {
  const seam = await startSeam({ faults: { truncateRate: 1 } })
  seam.emit(200)
  const response = await request(seam)
  expect(response.status).toBe(200)
  expect(Number(response.headers.get('content-length'))).toBeGreaterThan(10_000)
  await expect(response.text()).rejects.toThrow('terminated')
})

test('resetRate gives no answer at all, and is remembered with status 0', async () => {
  const seam = await startSeam({ faults: { resetRate: 1 } })
  await expect(request(seam)).rejects.toThrow('fetch failed')
  expect(seam.requests()).toMatchObject([{ path: '/events/list', status: 0 }])
})

test('slowRate waits before it answers', async () => {
  const seam = await startSeam({ faults: { slowRate: 1, slowMs: 60 } })
  const startedAt = performance.now()
  expect((await request(seam)).status).toBe(200)
  expect(performance.now() - startedAt).toBeGreaterThan(55)
})

test('stop does not wait for slow answers, and may be called twice', async () => {
  const seam = await startSeam({ faults: { slowRate: 1, slowMs: 600_000 } })
  const hanging = request(seam)
  await expect.poll(() => seam.requests()).toMatchObject([{ path: '/events/list', status: 0 }])
  const [outcome] = await Promise.allSettled([hanging, seam.stop()])
  await seam.stop()
  expect(outcome.status).toBe('rejected')
})

test('badItemRate puts one item that is no event into a page, and loses none that is', async () => {
  const seam = await startSeam({ faults: { badItemRate: 1 } })
  expect(await list(seam)).toEqual([])
  seam.emit(3)
  const kinds = new Set<string>()
  for (let i = 0; i < 40; i++) {
    const page: unknown[] = await list(seam)
    const known = new Set(seam.events().map((event) => JSON.stringify(event)))
    const bad = page.map((item) => JSON.stringify(item)).filter((item) => !known.has(item))
    expect(page).toHaveLength(4)
    expect(bad).toHaveLength(1)
    kinds.add(bad[0] ?? '')
  }
  expect(kinds.size).toBe(4)
})

test('omitDateHeader leaves the Date header out', async () => {
  const seam = await startSeam()
  expect((await request(seam)).headers.get('date')).toBeTruthy()
  seam.setFaults({ omitDateHeader: true })
  expect((await request(seam)).headers.get('date')).toBeNull()
})

test('a rate between 0 and 1 befalls some requests', async () => {
  const seam = await startSeam({ faults: { errorRate: 0.5 } })
  const statuses = new Set<number>()
  for (let i = 0; i < 40; i++) statuses.add((await request(seam)).status)
  expect([...statuses].toSorted((a, b) => a - b)).toEqual([200, 500])
})

test('requests are remembered with their parameters, those of the body before those of the query', async () => {
  const seam = await startSeam()
  await ask(seam, '/events/list?limit=7&since=2020-01-01', { limit: 5, event_types: ['lock.locked'] })
  expect(seam.requests()).toMatchObject([
    {
      path: '/events/list',
      params: { since: '2020-01-01', limit: 5, event_types: ['lock.locked'] },
      status: 200,
    },
  ])
})
