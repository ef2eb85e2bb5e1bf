import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MAX_NAMES } from '../../../src/api/names/list-names-route.ts'
import type { NameKind } from '../../../src/domain/name-kinds.ts'
import type { ListedName } from '../../../src/store/names/listed-name.ts'
import { saveGoneName } from '../../../src/store/names/save-gone-names.ts'
import { saveNames } from '../../../src/store/names/save-names.ts'
import { A, type AccessServer, B, startAccessServer } from '../../access/access-server.ts'
import { errorOf } from '../../http/serve.ts'

const id = (kind: string, n: number) => `${kind.repeat(8)}-0000-4000-8000-${String(n).padStart(12, '0')}`
const [LOCK, OTHER, GONE] = [id('d', 1), id('d', 2), id('d', 3)] as const
const [ACCOUNT, OTHER_ACCOUNT] = [id('c', 1), id('c', 2)] as const
const [SPACE, OTHER_SPACE] = [id('b', 1), id('b', 2)] as const
const [PERSON, OTHER_PERSON] = [id('a', 1), id('a', 2)] as const

let server: AccessServer
let key: { authorization: string }

beforeAll(async () => {
  server = await startAccessServer()
  key = { authorization: `Bearer ${await server.issue({})}` }
  await save('device', [
    thing(LOCK, 'Room 204', {
      connectedAccountId: ACCOUNT,
      spaceIds: [SPACE],
      deviceType: 'august_lock',
      manufacturer: 'August',
      customMetadata: '{"floor":"2"}',
    }),
    thing(OTHER, 'Room 1204', { connectedAccountId: OTHER_ACCOUNT, spaceIds: [OTHER_SPACE] }),
    thing(GONE, 'Garage', { connectedAccountId: ACCOUNT }),
  ])
  await save('space', [thing(SPACE, 'Floor 2'), thing(OTHER_SPACE, null)])
  await save('user_identity', [thing(PERSON, 'Ada'), thing(OTHER_PERSON, 'Ben')])
  await saveGoneName(server.db, { ...about('device'), askedAt: '2026-06-15T00:01:00Z' }, GONE)
  await saveNames(server.db, { ...about('device'), workspaceId: B }, [thing(id('d', 9), 'Room 204 of B')])
})
afterAll(() => server.stop())

const about = (kind: NameKind) => ({ workspaceId: A, kind, askedAt: '2026-06-15T00:00:00Z' })
const save = (kind: NameKind, things: ListedName[]) => saveNames(server.db, about(kind), things)

function thing(of: string, name: string | null, fields: Partial<ListedName> = {}): ListedName {
  const nothing = { deviceType: null, manufacturer: null, connectedAccountId: null, deviceId: null }
  return { id: of, name, ...nothing, spaceIds: [], customMetadata: null, ...fields }
}

interface Answer {
  names: { id: string; kind: string; name: string | null; is_gone: boolean }[]
  pagination: { has_next_page: boolean; next_page_cursor: string | null }
  ok: true
}

async function list(body: object = {}, headers: Record<string, string> = key): Promise<Answer> {
  const response = await server.ask(headers, '/v1/names/list', body)
  expect(response.status).toBe(200)
  return (await response.json()) as Answer
}

const namesOf = ({ names }: Answer) => names.map(({ name }) => name)

describe('/v1/names/list', () => {
  test('lists all names by kind and name, with what is known about each thing', async () => {
    expect(await list()).toEqual({
      names: [
        { id: GONE, kind: 'device', name: 'Garage', is_gone: true, connected_account_id: ACCOUNT },
        {
          id: OTHER,
          kind: 'device',
          name: 'Room 1204',
          is_gone: false,
          connected_account_id: OTHER_ACCOUNT,
          space_ids: [OTHER_SPACE],
        },
        {
          id: LOCK,
          kind: 'device',
          name: 'Room 204',
          is_gone: false,
          device_type: 'august_lock',
          manufacturer: 'August',
          connected_account_id: ACCOUNT,
          space_ids: [SPACE],
          custom_metadata: { floor: '2' },
        },
        { id: OTHER_SPACE, kind: 'space', name: null, is_gone: false },
        { id: SPACE, kind: 'space', name: 'Floor 2', is_gone: false },
        { id: PERSON, kind: 'user_identity', name: 'Ada', is_gone: false },
        { id: OTHER_PERSON, kind: 'user_identity', name: 'Ben', is_gone: false },
      ],
      pagination: { has_next_page: false, next_page_cursor: null, next_page_url: null },
      ok: true,
    })
  })

  test('gives the names of ids, the ids of a kind, and the ids of a part of a name', async () => {
    expect(namesOf(await list({ ids: [LOCK.toUpperCase(), SPACE, id('e', 1)] }))).toEqual([
      'Room 204',
      'Floor 2',
    ])
    expect(namesOf(await list({ kind: 'space' }))).toEqual([null, 'Floor 2'])
    expect(namesOf(await list({ q: 'ROOM' }))).toEqual(['Room 1204', 'Room 204'])
    expect(namesOf(await list({ q: '2', kind: 'space' }))).toEqual(['Floor 2'])
    expect(await list({ ids: [] })).toMatchObject({ names: [] })
  })

  test('answers a query string as well, with lists by commas', async () => {
    const url = `${server.url}/v1/names/list?ids=${LOCK},${SPACE}&q=room`
    const answer = (await (await fetch(url, { headers: key })).json()) as Answer
    expect(namesOf(answer)).toEqual(['Room 204'])
  })

  test('has pages, whose cursors belong to their query', async () => {
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page: Answer = await list({ limit: 2, page_cursor: cursor })
      seen.push(...page.names.map(({ id: one }) => one))
      cursor = page.pagination.next_page_cursor
    } while (cursor !== null)
    expect(seen).toEqual((await list()).names.map(({ id: one }) => one))
    const { pagination } = await list({ limit: 1 })
    const response = await server.ask(key, '/v1/names/list', {
      q: 'x',
      page_cursor: pagination.next_page_cursor,
    })
    expect(response.status).toBe(400)
  })

  test.each([
    [{ kind: 'door' }, 'kind'],
    [{ ids: ['x'] }, 'ids'],
    [{ ids: Array.from({ length: MAX_NAMES + 1 }, () => LOCK) }, 'ids'],
    [{ q: '' }, 'q'],
    [{ limit: 0 }, 'limit'],
    [{ page_cursor: 'x' }, 'page_cursor'],
    [{ kinds: ['device'] }, 'kinds'],
  ])('refuses %o, and names the parameter', async (body, parameter) => {
    const response = await server.ask(key, '/v1/names/list', body)
    expect(response.status).toBe(400)
    const error = await errorOf(response)
    expect(error).toMatchObject({ type: 'invalid_input' })
    expect(error.message).toContain(parameter)
  })

  test('I10: shows a client session its own things only, and needs a scope of a key', async () => {
    const token = `seam_cst1session0_${'x'.repeat(24)}`
    await server.addSession({
      workspaceId: A,
      clientSessionId: id('9', 1),
      token,
      connectedAccountIds: [ACCOUNT],
      connectWebviewIds: [],
      userIdentityIds: [PERSON],
    })
    const session = { authorization: `Bearer ${token}` }
    const own = [GONE, LOCK, SPACE, PERSON]
    expect((await list({}, session)).names.map(({ id: one }) => one)).toEqual(own)
    const all = { ids: [LOCK, OTHER, SPACE, OTHER_SPACE, PERSON, OTHER_PERSON] }
    expect((await list(all, session)).names.map(({ id: one }) => one)).toEqual([LOCK, SPACE, PERSON])
    expect(namesOf(await list({ q: '204' }, session))).toEqual(['Room 204'])

    const withoutScope = `Bearer ${await server.issue({ scopes: ['client_sessions:read'] })}`
    expect((await server.ask({ authorization: withoutScope }, '/v1/names/list', {})).status).toBe(403)
    expect((await server.ask({}, '/v1/names/list', {})).status).toBe(401)
  })
})
