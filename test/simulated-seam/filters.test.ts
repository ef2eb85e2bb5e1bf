import { describe, expect, test } from 'vitest'

import { eventFilterKinds } from '../../src/simulated-seam/event-filters.ts'
import type { SimulatedSeam } from '../../src/simulated-seam/start-simulated-seam.ts'
import { ask, askByGet, ids, list, startSeam } from './ask.ts'

const one = '11111111-1111-4111-8111-111111111111'
const two = '22222222-2222-4222-8222-222222222222'
const three = '33333333-3333-4333-8333-333333333333'

describe('events/list', () => {
  test('takes the 28 parameters of the contract', () => {
    // Besides since, between, limit and unstable_offset.
    expect(Object.keys(eventFilterKinds)).toHaveLength(24)
  })

  test.each(Object.entries(eventFilterKinds))(
    '%s finds the events that carry the value',
    async (name, { list: isList }) => {
      const seam = await startSeam()
      const field = name === 'event_types' ? 'event_type' : name.replace(/_ids$/, '_id')
      seam.add([
        { event_type: 'a', event_id: three, [field]: one },
        { event_type: 'a', event_id: name === 'event_ids' ? two : one, other: true },
      ])
      const found = await list(seam, { [name]: isList ? [one, one] : one })
      expect(found).toHaveLength(1)
      expect(found[0]?.[field]).toBe(one)
    },
  )

  test('several filters must all hold, and an empty list matches nothing', async () => {
    const seam = await startSeam()
    seam.add([
      { event_id: 'both', event_type: 'a', device_id: one },
      { event_id: 'type', event_type: 'a', device_id: two },
      { event_id: 'device', event_type: 'b', device_id: one },
    ])
    expect(ids(await list(seam, { device_ids: [one, three], event_type: 'a' }))).toEqual(['both'])
    expect(await list(seam, { device_ids: [] })).toEqual([])
    expect(await list(seam, { unheard_of: 'ignored' })).toHaveLength(3)
  })

  test('entrances and access grants are also found in the lists of an event', async () => {
    const seam = await startSeam()
    seam.add([
      { event_id: 'space', event_type: 'space.created', acs_entrance_ids: [two, one] },
      { event_id: 'method', event_type: 'access_method.issued', access_grant_ids: [one] },
    ])
    expect(ids(await list(seam, { acs_entrance_id: one }))).toEqual(['space'])
    expect(ids(await list(seam, { access_grant_ids: [one] }))).toEqual(['method'])
  })

  test.each([
    [`device_ids=${one}&device_ids=${two}&_strict=true`, 2],
    [`device_ids=${one}&_strict=true`, 1],
    [`device_ids=${one},${two}`, 2],
    [`device_ids[]=${one}`, 1],
    [`device_ids[]=${one}&_strict=true`, 3],
    ['device_ids=&_strict=true', 0],
    ['limit=1e0&_strict=true', 1],
    ['event_types=a,b', 3],
    ['event_types=a,b&_strict=true', 0],
  ])('the query %s finds %i of three', async (query, count) => {
    const seam = await startSeam()
    seam.add([one, two, three].map((device_id) => ({ event_type: 'a', device_id })))
    const { body } = await askByGet(seam, `/events/list?since=2000-01-01T00:00:00.000Z&${query}`)
    expect(body.events).toHaveLength(count)
  })
})

describe('events/get', () => {
  test('finds by id, or the newest by type and device', async () => {
    const seam = await startSeam()
    seam.add([
      { event_id: one, event_type: 'a', device_id: one, created_at: '2025-01-01T00:00:00Z' },
      { event_id: two, event_type: 'a', device_id: one, created_at: '2025-01-02T00:00:00Z' },
    ])
    const byId = await ask(seam, '/events/get', { event_id: one })
    expect(byId.body).toMatchObject({ event: { event_id: one }, ok: true })
    const byType = await askByGet(seam, `/events/get?event_type=a&device_id=${one}&_strict=true`)
    expect(byType.body).toMatchObject({ event: { event_id: two } })
    expect((await ask(seam, '/events/get', { event_id: three })).body).toMatchObject({
      error: { type: 'event_not_found' },
    })
    expect((await ask(seam, '/events/get')).status).toBe(400)
  })
})

async function countSessions(seam: SimulatedSeam, params: Record<string, unknown>): Promise<number> {
  const { body } = await ask(seam, '/client_sessions/list', params)
  return (body.client_sessions as unknown[]).length
}

describe('client_sessions/list', () => {
  test('lists all sessions with their tokens, and filters them', async () => {
    const seam = await startSeam()
    const { clientSessions } = seam.hotel
    const [first] = clientSessions
    expect(await countSessions(seam, {})).toBe(clientSessions.length)
    expect(first?.token).toMatch(/^seam_cst1\w{8}_\w{24}$/)
    expect(await countSessions(seam, { client_session_id: first?.client_session_id })).toBe(1)
    expect(await countSessions(seam, { user_identifier_key: first?.user_identifier_key })).toBe(1)
    const without = clientSessions.filter((session) => session.user_identifier_key === null).length
    expect(await countSessions(seam, { without_user_identifier_key: true })).toBe(without)
    expect(await countSessions(seam, { without_user_identifier_key: false })).toBe(clientSessions.length)
    const webview = first?.connect_webview_ids[0]
    const withWebview = clientSessions.filter((session) => session.connect_webview_ids[0] === webview).length
    expect(await countSessions(seam, { connect_webview_id: webview })).toBe(withWebview)
  })

  test('null asks for sessions without a webview or identity, in a body and in a query', async () => {
    const seam = await startSeam()
    const { clientSessions } = seam.hotel
    const noWebview = clientSessions.filter((session) => session.connect_webview_ids.length === 0).length
    const noIdentity = clientSessions.filter((session) => session.user_identity_id === undefined).length
    expect([noWebview, noIdentity]).not.toContain(0)
    expect(await countSessions(seam, { connect_webview_id: null })).toBe(noWebview)
    const { body } = await askByGet(seam, '/client_sessions/list?user_identity_id=&_strict=true')
    expect(body.client_sessions).toHaveLength(noIdentity)
  })

  test('a change in the hotel shows at once', async () => {
    const seam = await startSeam()
    const gone = seam.hotel.clientSessions.shift()
    expect(await countSessions(seam, { client_session_id: gone?.client_session_id })).toBe(0)
    const { status, body } = await ask(seam, '/client_sessions/get', {
      client_session_id: gone?.client_session_id,
    })
    expect(status).toBe(404)
    expect(body).toMatchObject({ error: { type: 'client_session_not_found' } })
  })
})
