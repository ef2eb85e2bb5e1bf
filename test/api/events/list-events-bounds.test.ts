import { afterAll, beforeAll, expect, test } from 'vitest'
import { sampleEvent } from '../../support/sample-event.ts'
import { iso, isoElsewhere } from './iso.ts'
import { listedIds, type QueryServer, startQueryServer } from './query-server.ts'

let server: QueryServer
beforeAll(async () => {
  server = await startQueryServer()
})
afterAll(() => server.stop())

async function list(query: object): Promise<string[]> {
  return listedIds(await server.post('/events/list', query))
}

test('I7: Bounds are exclusive at both ends, to the microsecond', async () => {
  const at = BigInt(Date.UTC(2027, 0, 1)) * 1000n + 946_309n
  const ids = await Promise.all(
    [-1n, 0n, 1n].map(async (offset) => {
      const event = sampleEvent({ created_at: iso(at + offset) })
      await server.store([event])
      return event.event_id
    }),
  )
  const [before, exactly, after] = ids
  expect(await list({ since: iso(at) })).toEqual([after])
  expect(await list({ since: isoElsewhere(at) })).toEqual([after])
  expect(await list({ since: iso(at - 1n) })).toEqual([after, exactly])
  expect(await list({ between: [iso(at - 1n), iso(at + 1n)] })).toEqual([exactly])
  expect(await list({ between: [iso(at), iso(at + 1n)] })).toEqual([])
  expect(await list({ between: [iso(at - 2n), iso(at)] })).toEqual([before])
})

test('Without a limit 500 events are listed, and a limit above 1,000 counts as 1,000', async () => {
  const day = Date.UTC(2028, 0, 1)
  const events = Array.from({ length: 1003 }, (_, i) =>
    sampleEvent({ created_at: new Date(day + i).toISOString() }),
  )
  await server.store(events)
  const newestFirst = events.map(({ event_id }) => event_id).toReversed()
  const since = '2027-12-31'
  expect(await list({ since })).toEqual(newestFirst.slice(0, 500))
  expect(await list({ since, limit: 1000 })).toEqual(newestFirst.slice(0, 1000))
  expect(await list({ since, limit: 1_000_000 })).toEqual(newestFirst.slice(0, 1000))
  expect(await list({ since, limit: 1000, unstable_offset: 1000 })).toEqual(newestFirst.slice(1000))
})
