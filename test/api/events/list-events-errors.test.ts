import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { EVENT_FIELDS } from '../../../src/domain/event-fields.ts'
import { errorOf } from '../../http/serve.ts'
import { WORKSPACE_ID } from '../../support/sample-event.ts'
import { API_KEY, type QueryServer, startQueryServer } from './query-server.ts'

let server: QueryServer
beforeAll(async () => {
  server = await startQueryServer()
})
afterAll(() => server.stop())

const A = '2026-01-01T00:00:00Z'
const BAD_TIME = 'Must be parsable date string if defined (such as 2026-01-31T00:00:00Z)'

describe('Problems of the whole input', () => {
  test.each<[object, string]>([
    [{}, 'Must specify either since or between'],
    [{ limit: 1 }, 'Must specify either since or between'],
    [{ since: A, between: [A, '2026-01-02'] }, 'Cannot specify both since and between'],
  ])('%j', async (body, message) => {
    const response = await server.post('/events/list', body)
    expect(response.status).toBe(400)
    expect(await response.json()).toEqual({
      error: {
        type: 'invalid_input',
        message,
        validation_errors: { _errors: [message] },
        request_id: response.headers.get('seam-request-id'),
      },
      ok: false,
    })
  })
})

describe('Problems of one parameter', () => {
  test.each<[object, string, string]>([
    [{ since: 'yesterday' }, 'since', BAD_TIME],
    [{ since: 1750006457 }, 'since', BAD_TIME],
    [{ since: null }, 'since', BAD_TIME],
    [{ between: [A] }, 'between', 'Array must contain exactly 2 element(s)'],
    [{ between: [A, A] }, 'between', 'second value must be greater than first value'],
    [
      { between: ['2026-01-01T00:30:00Z', '2026-01-01T01:00:00+01:00'] },
      'between',
      'second value must be greater than first value',
    ],
    [{ since: A, limit: 0 }, 'limit', 'Number must be greater than or equal to 1'],
    [{ since: A, limit: 1.5 }, 'limit', 'Expected integer, received float'],
    [{ since: A, unstable_offset: -1 }, 'unstable_offset', 'Number must be greater than or equal to 0'],
    [
      { since: A, unstable_offset: 100_001 },
      'unstable_offset',
      'Number must be less than or equal to 100000',
    ],
    [{ since: A, event_types: 'lock.locked' }, 'event_types', 'Expected array, received string'],
    [
      { since: A, customer_key: '' },
      'customer_key',
      'String must contain at least 1 character(s) and no NUL',
    ],
    ...EVENT_FIELDS.filter(({ type }) => type !== 'text').map(
      ({ one }) => [{ since: A, [one]: 'x' }, one, 'Invalid uuid'] as [object, string, string],
    ),
    ...EVENT_FIELDS.flatMap(({ many }) =>
      many?.maxItems === undefined
        ? []
        : ([
            [
              { since: A, [many.parameter]: Array.from({ length: many.maxItems + 1 }, () => WORKSPACE_ID) },
              many.parameter,
              `Array must contain at most ${many.maxItems} element(s)`,
            ],
          ] as [object, string, string][]),
    ),
  ])('%j', async (body, parameter, message) => {
    const response = await server.post('/events/list', body)
    expect(response.status).toBe(400)
    expect(await errorOf(response)).toMatchObject({
      type: 'invalid_input',
      message: `${message} for "${parameter}"`,
      validation_errors: { _errors: [], [parameter]: { _errors: [message] } },
    })
  })
})

test('Unknown parameters and _strict change nothing', async () => {
  const response = await server.get(`/events/list?since=${A}&customer_ids=x&page=2&_strict=true`)
  expect([response.status, await response.json()]).toMatchObject([200, { events: [], ok: true }])
})

test('A list can be read, not changed', async () => {
  const response = await fetch(`${server.url}/events/list`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${API_KEY}` },
  })
  expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST'])
})
