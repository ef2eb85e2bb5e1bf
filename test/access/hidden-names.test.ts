import { afterAll, beforeAll, expect, test } from 'vitest'
import { saveNames } from '../../src/store/names/save-names.ts'
import { A, type AccessServer, startAccessServer } from './access-server.ts'

const id = (kind: string, n: number) => `${kind.repeat(8)}-0000-4000-8000-${String(n).padStart(12, '0')}`
const [OWN, OTHER] = [id('c', 1), id('c', 2)]
/** It was in the session's account once, and is in another one now, under a name from there. */
const MOVED = id('d', 1)
const FOREIGN = id('d', 2)
const TOKEN = 'seam_cst1hidden_aaaaaaaaaaaaaaaaaaaaaaaaaa'

let server: AccessServer
let key: { authorization: string }
const session = { authorization: `Bearer ${TOKEN}` }

beforeAll(async () => {
  server = await startAccessServer()
  key = { authorization: `Bearer ${await server.issue({})}` }
  await server.addSession({
    workspaceId: A,
    clientSessionId: 'hidden',
    token: TOKEN,
    connectedAccountIds: [OWN],
    connectWebviewIds: [],
  })
  const event = (n: number, device_id: string, connected_account_id: string) => ({
    event_id: id('e', n),
    event_type: 'device.disconnected',
    workspace_id: A,
    created_at: `2026-06-15T00:00:0${n}Z`,
    device_id,
    connected_account_id,
  })
  await server.store(A, [event(1, MOVED, OWN), event(2, FOREIGN, OTHER)])
  const nothing = { deviceType: null, manufacturer: null, deviceId: null, spaceIds: [], customMetadata: null }
  await saveNames(server.db, { workspaceId: A, kind: 'device', askedAt: '2026-06-15T00:00:00Z' }, [
    { ...nothing, id: MOVED, name: 'Vault', connectedAccountId: OTHER },
  ])
})
afterAll(() => server.stop())

async function textOf(headers: { authorization: string }, path: string, body: object): Promise<string> {
  const response = await server.ask(headers, path, body)
  expect(response.status).toBe(200)
  return response.text()
}

test('I10: a search does not tell a client session what a thing of another account is called', async () => {
  const found = (headers: { authorization: string }) => textOf(headers, '/v1/events/list', { q: 'vau' })
  expect(await found(key)).toContain(id('e', 1))
  expect(await found(session)).not.toContain(id('e', 1))
  expect(await textOf(session, '/v1/events/list', {})).toContain(id('e', 1))
})

test('I10: an export does not name things of another account to a client session', async () => {
  const csv = (headers: { authorization: string }) =>
    textOf(headers, '/v1/events/export', { since: '2026-01-01', format: 'csv' })
  expect(await csv(key)).toContain('Vault')
  expect(await csv(session)).toContain(MOVED)
  expect(await csv(session)).not.toContain('Vault')
})

test('I10: a client session finds the outages of its accounts, without names of another one', async () => {
  const outages = (headers: { authorization: string }) =>
    textOf(headers, '/v1/devices/outages', { since: '2026-01-01' })
  for (const shown of [MOVED, FOREIGN, 'Vault']) expect(await outages(key)).toContain(shown)
  expect(await outages(session)).toContain(MOVED)
  for (const hidden of [FOREIGN, 'Vault']) expect(await outages(session)).not.toContain(hidden)
})
