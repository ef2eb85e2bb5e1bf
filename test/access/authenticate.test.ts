import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createKey, readKey } from '../../src/access/key-format.ts'
import { endApiKey } from '../../src/store/keys/end-api-key.ts'
import { listApiKeys } from '../../src/store/keys/list-api-keys.ts'
import { queryTest } from '../support/query-test.ts'
import { errorOf } from '../http/serve.ts'
import { sampleEvent } from '../support/sample-event.ts'
import { A, type AccessServer, B, BOOTSTRAP_KEY, startAccessServer } from './access-server.ts'

const ACCOUNT = 'c35ecf64-474a-466a-95a6-7b35cb4c8bb4'
const LIVE = 'seam_cst1liveLIVE_aaaaaaaaaaaaaaaaaaaaaaaa'
const EXPIRED = 'seam_cst1expEXPIR_aaaaaaaaaaaaaaaaaaaaaaaa'
const DELETED = 'seam_cst1delDELET_aaaaaaaaaaaaaaaaaaaaaaaa'

let server: AccessServer
const inA = sampleEvent({ workspace_id: A, connected_account_id: ACCOUNT })
const inB = sampleEvent({ workspace_id: B })
const keys = {
  a: '',
  b: '',
  revoked: '',
  expired: '',
  ending: '',
  blind: '',
  token: '',
  tokenForB: '',
  elsewhere: '',
}

beforeAll(async () => {
  server = await startAccessServer()
  await server.store(A, [inA])
  await server.store(B, [inB])
  keys.a = await server.issue({})
  keys.b = await server.issue({ workspaceIds: [B] })
  keys.revoked = await server.issue({})
  keys.expired = await server.issue({})
  keys.ending = await server.issue({ expires: '1h' })
  keys.blind = await server.issue({ scopes: ['client_sessions:read'] })
  keys.token = await server.issue({ kind: 'access_token', workspaceIds: [A, B], scopes: ['admin'] })
  keys.tokenForB = await server.issue({ kind: 'access_token', workspaceIds: [B] })
  keys.elsewhere = await server.issue({ workspaceIds: [crypto.randomUUID()], mayBeUnknown: true })
  await endApiKey(server.db, idOf(keys.revoked), 'revoke', null)
  await endApiKey(server.db, idOf(keys.expired), 'expire', null)
  const session = { workspaceId: A, connectedAccountIds: [ACCOUNT], connectWebviewIds: [] }
  await server.addSession({ ...session, clientSessionId: 's1', token: LIVE })
  await server.addSession({ ...session, clientSessionId: 's2', token: EXPIRED, expiresIn: -1 })
  await server.addSession({ ...session, clientSessionId: 's3', token: DELETED, deleted: true })
})
afterAll(() => server.stop())

const idOf = (key: string) => readKey(key)?.keyId ?? ''
const bearer = (token: string, more: Record<string, string> = {}) => ({
  authorization: `Bearer ${token}`,
  ...more,
})
const inWorkspace = (id: string) => ({ 'seam-workspace': id })

async function seenBy(headers: Record<string, string>): Promise<string[]> {
  const response = await server.ask(headers)
  expect(response.status).toBe(200)
  const { events } = (await response.json()) as { events: { event_id: string }[] }
  return events.map((event) => event.event_id)
}

describe('credentials that are accepted', () => {
  test.each<[string, () => Record<string, string>, string]>([
    ['an API key', () => bearer(keys.a), inA.event_id],
    ['an API key that names its own workspace', () => bearer(keys.a, inWorkspace(A)), inA.event_id],
    ['an API key of the other workspace', () => bearer(keys.b), inB.event_id],
    ['a key that has not expired yet', () => bearer(keys.ending), inA.event_id],
    ['the scheme in lower case', () => ({ authorization: `bearer ${keys.a}` }), inA.event_id],
    ['an access token with seam-workspace', () => bearer(keys.token, inWorkspace(A)), inA.event_id],
    ['an access token with the other seam-workspace', () => bearer(keys.token, inWorkspace(B)), inB.event_id],
    ['a workspace id in capitals', () => bearer(keys.token, inWorkspace(B.toUpperCase())), inB.event_id],
    ['the bootstrap key with seam-workspace', () => bearer(BOOTSTRAP_KEY, inWorkspace(B)), inB.event_id],
    ['a client session token', () => bearer(LIVE), inA.event_id],
    [
      'a client session token in both headers',
      () => bearer(LIVE, { 'client-session-token': LIVE }),
      inA.event_id,
    ],
    [
      'a client session token in its own header alone',
      () => ({ 'client-session-token': LIVE }),
      inA.event_id,
    ],
    [
      'the same in the header that openapi names',
      () => ({ 'seam-client-session-token': LIVE }),
      inA.event_id,
    ],
  ])('I10: %s sees its workspace and nothing else', async (_title, headers, eventId) => {
    expect(await seenBy(headers())).toEqual([eventId])
  })
})

describe('credentials that are refused', () => {
  test.each<[string, () => Record<string, string>]>([
    ['nothing at all', () => ({})],
    ['an empty header', () => ({ authorization: '' })],
    ['no scheme', () => ({ authorization: keys.a })],
    ['another scheme', () => ({ authorization: `Basic ${keys.a}` })],
    ['two tokens', () => bearer(`${keys.a} ${keys.a}`)],
    ['an unknown key', () => bearer(createKey('api_key').key)],
    ['the right id with another secret', () => bearer(`${idOf(keys.a)}_${'x'.repeat(24)}`)],
    ['a key without its last character', () => bearer(keys.a.slice(0, -1))],
    ['a key with one more character', () => bearer(`${keys.a}x`)],
    ['the id alone', () => bearer(idOf(keys.a))],
    ['a revoked key', () => bearer(keys.revoked)],
    ['an expired key', () => bearer(keys.expired)],
    ['an unknown access token', () => bearer(createKey('access_token').key, inWorkspace(A))],
    ['an expired client session', () => bearer(EXPIRED)],
    ['a deleted client session', () => bearer(DELETED)],
    ['a deleted client session with the other workspace', () => bearer(DELETED, inWorkspace(B))],
    ['a revoked key with the other workspace', () => bearer(keys.revoked, inWorkspace(B))],
    [
      'the right id with another secret and the other workspace',
      () => bearer(`${idOf(keys.a)}_${'x'.repeat(24)}`, inWorkspace(B)),
    ],
    ['an unknown client session token', () => bearer(`${LIVE.slice(0, -1)}b`)],
    ['a publishable key', () => bearer('seam_pk1_token')],
    ['a console session', () => bearer('eyJhbGciOiJub25lIn0.e30.')],
    [
      'a key in the header of session tokens',
      () => ({ 'client-session-token': keys.a.replace('seam_mirror1', 'seam_cst1') }),
    ],
    ['SQL', () => bearer(`seam_mirror1'or'1'='1'--_${'a'.repeat(24)}`)],
    ['eight kilobytes', () => bearer(`seam_mirror1${'a'.repeat(8192)}`)],
    ['text outside of ASCII', () => ({ authorization: Buffer.from('Bearer seam_é').toString('latin1') })],
  ])('I10: %s gets 401 in the words that all get', async (_title, headers) => {
    const response = await server.ask(headers())
    expect(response.status).toBe(401)
    expect(await errorOf(response)).toMatchObject({ type: 'unauthorized', message: 'Unauthorized' })
  })

  test.each<[string, () => Record<string, string>]>([
    ['the right key with the other workspace', () => bearer(keys.a, inWorkspace(B))],
    ['the right key with something that is no workspace', () => bearer(keys.a, inWorkspace('x'))],
    ['an access token with a workspace that is not its', () => bearer(keys.tokenForB, inWorkspace(A))],
    [
      'the bootstrap key with a workspace that is not ours',
      () => bearer(BOOTSTRAP_KEY, inWorkspace(crypto.randomUUID())),
    ],
    ['a client session token with the other workspace', () => bearer(LIVE, inWorkspace(B))],
    ['a key of a workspace that is not served here', () => bearer(keys.elsewhere)],
  ])('C7, I10: %s gets 401 as well, is told why, and has not failed', async (_title, headers) => {
    const { length } = server.delays
    for (let i = 0; i < 10; i++) {
      const response = await server.ask(headers())
      expect(response.status).toBe(401)
      expect(await errorOf(response)).toMatchObject({
        type: 'unauthorized',
        message:
          'This credential is valid, but not for the requested workspace, or that workspace is not served here',
      })
    }
    expect(server.delays).toHaveLength(length)
  })

  test.each<[string, () => Record<string, string>]>([
    ['an access token', () => bearer(keys.token)],
    ['the bootstrap key where there are several workspaces', () => bearer(BOOTSTRAP_KEY)],
  ])('%s without seam-workspace gets 400', async (_title, headers) => {
    const response = await server.ask(headers())
    expect(response.status).toBe(400)
    expect(await errorOf(response)).toMatchObject({ type: 'missing_workspace_id' })
  })

  test('a key without the scope gets 403', async () => {
    const response = await server.ask(bearer(keys.blind))
    expect(response.status).toBe(403)
    expect(await errorOf(response)).toMatchObject({ type: 'insufficient_scope' })
  })
})

test('failures of an address are answered later and later, and a success is not slowed', async () => {
  server.delays.length = 0
  await seenBy(bearer(keys.a))
  // The refusals above concerned this kind of credential as well.
  for (let i = 0; i < 20; i++) await server.ask(bearer(createKey('access_token').key))
  expect(server.delays.slice(-3)).toEqual([3000, 3000, 3000])
  const { length } = server.delays
  await seenBy(bearer(keys.a))
  expect(server.delays).toHaveLength(length)
})

test("B9: a request's line in the log names the key or the session, and nothing of what is secret in them", async () => {
  const lineOf = async (headers: Record<string, string>) => {
    const reqId = (await server.ask(headers)).headers.get('seam-request-id')
    return server.logs.find((line) => line.reqId === reqId && line.path === '/events/list')
  }
  // The second time, the query proves the caller.
  for (let i = 0; i < 2; i++) {
    expect(await lineOf(bearer(keys.b))).toMatchObject({ keyId: idOf(keys.b), address: '127.0.0.1' })
    expect(await lineOf(bearer(LIVE))).toMatchObject({ clientSessionId: 's1', address: '127.0.0.1' })
  }
  expect(await lineOf(bearer(BOOTSTRAP_KEY, inWorkspace(A)))).toMatchObject({ keyId: 'SEAM_MIRROR_API_KEY' })
  expect(await lineOf(bearer(keys.expired))).not.toHaveProperty('keyId')
  for (const secret of [keys.b.slice(-24), LIVE, BOOTSTRAP_KEY])
    expect(JSON.stringify(server.logs)).not.toContain(secret)
})

test('E9, I10: a session’s token is refused while its session is unconfirmed, and when the copy of its workspace is a day old', async () => {
  const token = 'seam_cst1otherOTH_aaaaaaaaaaaaaaaaaaaaaaaa'
  const session = { workspaceId: B, connectedAccountIds: [ACCOUNT], connectWebviewIds: [] }
  await server.addSession({ ...session, clientSessionId: 's4', token })
  const status = async () => (await server.ask(bearer(token))).status
  const update = (text: string) => queryTest(server.db, text)
  expect(await status()).toBe(200)
  await update("update client_sessions set unconfirmed_since = now() where client_session_id = 's4'")
  expect(await status()).toBe(401)
  await update("update client_sessions set unconfirmed_since = null where client_session_id = 's4'")
  expect(await status()).toBe(200)
  await update(
    `update client_session_syncs set succeeded_at = now() - interval '25 hours' where workspace_id = '${B}'`,
  )
  await update("update client_sessions set synced_at = now() where client_session_id = 's4'")
  expect(await status()).toBe(401)
})

test('a key is stored as a hash, listed without its secret, and notes its last use', async () => {
  const key = await server.issue({ name: 'dashboard', scopes: ['events:read', 'secrets:read'] })
  await seenBy(bearer(key))
  const listed = (await listApiKeys(server.db)).find(({ keyId }) => keyId === idOf(key))
  expect(listed).toMatchObject({
    name: 'dashboard',
    state: 'valid',
    workspaceIds: [A],
    scopes: ['events:read', 'secrets:read'],
  })
  expect(listed?.lastUsedAt).toMatch(/Z$/)
  const rows = await server.db.executeQuery({
    sql: 'select api_keys::text as row from api_keys',
    parameters: [],
  } as never)
  expect(JSON.stringify(rows.rows)).not.toContain(key.slice(-24))
})

test.each(['api_key', 'access_token'] as const)(
  'a new %s has a form that the SDKs take for what it is',
  (kind) => {
    for (let i = 0; i < 200; i++) {
      const { key, keyId } = createKey(kind)
      expect(key).toMatch(kind === 'api_key' ? /^seam_(?!at|cst|pk)/ : /^seam_at/)
      expect(readKey(key)).toEqual({ kind, keyId })
    }
  },
)
