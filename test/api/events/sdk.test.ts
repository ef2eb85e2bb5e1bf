import {
  isSeamHttpApiError,
  isSeamHttpInvalidInputError,
  isSeamHttpUnauthorizedError,
  SeamHttp,
  SeamHttpApiError,
  SeamHttpInvalidInputError,
  SeamHttpUnauthorizedError,
} from '@seamapi/http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { UUID } from '../../http/serve.ts'
import { sampleEvent } from '../../support/sample-event.ts'
import { API_KEY, type QueryServer, startQueryServer } from './query-server.ts'

const FRONT = '11111111-1111-4111-8111-111111111111'
const BACK = '22222222-2222-4222-8222-222222222222'
const SIDE = '33333333-3333-4333-8333-333333333333'
const at = (second: number): string => `2026-03-01T00:00:0${second}.000Z`

const events = [
  sampleEvent({ created_at: at(1), device_id: FRONT, event_type: 'lock.locked' }),
  sampleEvent({ created_at: at(2), device_id: BACK, event_type: 'lock.unlocked' }),
  sampleEvent({ created_at: at(3), device_id: SIDE, event_type: 'device.connected' }),
  sampleEvent({ created_at: at(4), device_id: FRONT, event_type: 'lock.unlocked' }),
]
const [first, second, third, fourth] = events.map(({ event_id }) => event_id)

let server: QueryServer
let seam: SeamHttp
beforeAll(async () => {
  server = await startQueryServer()
  await server.store(events)
  seam = SeamHttp.fromApiKey(API_KEY, { endpoint: server.url })
})
afterAll(() => server.stop())

const since = '2026-01-01T00:00:00Z'

type ListParams = NonNullable<Parameters<SeamHttp['events']['list']>[0]>

test.each<[string, ListParams, (string | undefined)[]]>([
  ['since', { since: at(2) }, [fourth, third]],
  ['since, as a Date', { since: new Date(at(2)) as unknown as string }, [fourth, third]],
  ['between', { between: [at(1), at(4)] }, [third, second]],
  ['one device', { since, device_id: FRONT }, [fourth, first]],
  ['a list of one device', { since, device_ids: [FRONT] }, [fourth, first]],
  ['a list of two devices', { since, device_ids: [FRONT, SIDE] }, [fourth, third, first]],
  ['an empty list', { since, device_ids: [] }, []],
  ['event types', { since, event_types: ['lock.locked', 'device.connected'] }, [third, first]],
  ['a type that is newer than this server', { since, event_type: 'lock.exploded' as 'lock.locked' }, []],
  ['a limit', { since, limit: 2 }, [fourth, third]],
  ['a limit and an offset', { since, limit: 2, unstable_offset: 1 }, [third, second]],
])("Seam's own SDK lists by %s", async (_title, params, expected) => {
  const listed = await seam.events.list(params)
  expect(listed.map(({ event_id }) => event_id)).toEqual(expected)
})

test("Seam's own SDK gets an event whole, as it was stored", async () => {
  expect(await seam.events.get({ event_id: first as string })).toEqual(events[0])
})

test('Thousands of ids go through the client of the SDK as a POST', async () => {
  const deviceIds = [...Array.from({ length: 9_999 }, () => crypto.randomUUID()), FRONT]
  const { data } = await seam.client.post<{ events: { event_id: string }[] }>('/events/list', {
    since,
    device_ids: deviceIds,
  })
  expect(data.events.map(({ event_id }) => event_id)).toEqual([fourth, first])
})

test('More ids than a server usually takes in a URL go through the SDK as they are', async () => {
  const deviceIds = [...Array.from({ length: 1_000 }, () => crypto.randomUUID()), FRONT]
  const listed = await seam.events.list({ since, device_ids: deviceIds })
  expect(listed.map(({ event_id }) => event_id)).toEqual([fourth, first])
})

async function failure(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => null,
    (error: unknown) => error,
  )
}

test('Bad input is the invalid input error of the SDK, with the messages and the request id', async () => {
  const error = await failure(seam.events.list({ since: 'yesterday', device_id: 'x' }))
  expect(error).toBeInstanceOf(SeamHttpInvalidInputError)
  if (!isSeamHttpInvalidInputError(error)) return
  expect.soft(error.statusCode).toBe(400)
  expect.soft(error.requestId).toMatch(UUID)
  expect
    .soft(error.getValidationErrorMessages('since'))
    .toEqual(['Must be parsable date string if defined (such as 2026-01-31T00:00:00Z)'])
  expect.soft(error.getValidationErrorMessages('device_id')).toEqual(['Invalid uuid'])
})

test('A list without a time is refused with the message that Seam gives', async () => {
  const error = await failure(seam.events.list({ event_type: 'lock.locked' }))
  expect(error).toBeInstanceOf(SeamHttpInvalidInputError)
  expect((error as Error).message).toBe('Must specify either since or between')
})

test('A wrong key is the unauthorized error of the SDK, with the request id', async () => {
  const stranger = SeamHttp.fromApiKey('seam_test1_somethingelse', { endpoint: server.url })
  const error = await failure(stranger.events.list({ since }))
  expect(error).toBeInstanceOf(SeamHttpUnauthorizedError)
  expect(isSeamHttpUnauthorizedError(error) && error.requestId).toMatch(UUID)
})

test('An event that is not there is an API error of the SDK, with its code', async () => {
  const error = await failure(seam.events.get({ event_id: crypto.randomUUID() }))
  expect(error).toBeInstanceOf(SeamHttpApiError)
  expect(isSeamHttpApiError(error) && [error.statusCode, error.code]).toEqual([404, 'event_not_found'])
})
