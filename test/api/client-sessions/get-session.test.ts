import { SeamHttp } from '@seamapi/http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Scope } from '../../../src/domain/caller.ts'
import { sealingSecrets } from '../../../src/secrets/sealing-secrets.ts'
import { queryTest } from '../../support/query-test.ts'
import { errorOf } from '../../http/serve.ts'
import { WORKSPACE_ID } from '../../support/sample-event.ts'
import { sampleSession } from '../../sessions/sample-session.ts'
import {
  keyCaller,
  type SessionServer,
  sessionCaller,
  startSessionServer,
} from '../../sessions/session-server.ts'
import { SECRETS } from '../../sessions/sync-rig.ts'
import { maskingSecrets } from '../../../src/secrets/masking-secrets.ts'

/** Spaces, trailing zeros, keys in odd order, an escaped quote, an unknown field: none of it survives parse and print. */
const TOKEN = 'seam_cst1891oqCmD_6dBwV8PJ2Fsoe9dWYVyMfVHq'
const exact = (token: string) =>
  `{ "client_session_id" : "exact",\n "10":1, "2": 21.50, "token":"${token}","big":12345678901234567890, "esc":"\\u00e9\\/", "workspace_id":"${WORKSPACE_ID}","user_identifier_key":"jane_doe","created_at":"2025-06-15T16:54:17.946309000Z"}`
const mine = sampleSession({ user_identifier_key: 'mine' })
const foreign = sampleSession({ user_identifier_key: 'foreign' })

let server: SessionServer
beforeAll(async () => {
  server = await startSessionServer(SECRETS)
  await server.store([exact(TOKEN), mine, foreign])
})
afterAll(() => server.stop())

const exactWith = (token: string) => `{"client_session":${exact(token)},"ok":true}`

test.each<[string, Scope[], string]>([
  ['secrets:read is served the token', ['client_sessions:read', 'secrets:read'], TOKEN],
  ['admin alone is served the mask', ['admin'], '****'],
  ['client_sessions:read is served the mask', ['client_sessions:read'], '****'],
])('I7, I9: a key with %s, and every other character as Seam sent it', async (_title, scopes, shown) => {
  const key = server.credentialOf(keyCaller(scopes))
  const byGet = await server.get('/client_sessions/get?client_session_id=exact', key)
  expect(await byGet.text()).toBe(exactWith(shown))
  const byPost = await server.post('/client_sessions/get', { user_identifier_key: 'jane_doe' }, key)
  expect(await byPost.text()).toBe(exactWith(shown))
  const listed = await server.get('/client_sessions/list?client_session_id=exact', key)
  expect(await listed.text()).toContain(`{"client_sessions":[${exact(shown)}],`)
})

test('I9: a sealed token that was copied into another row, or whose key is gone, is served as the mask', async () => {
  const thief = await startSessionServer(SECRETS)
  try {
    await thief.store([exact(TOKEN), foreign])
    const key = thief.credentialOf(keyCaller(['admin', 'secrets:read']))
    await queryTest(
      thief.db,
      `update client_sessions set token_sealed = (select token_sealed from client_sessions where client_session_id = $1)
       where client_session_id = 'exact'`,
      [foreign.client_session_id],
    )
    const response = await thief.get('/client_sessions/get?client_session_id=exact', key)
    expect(await response.text()).toBe(exactWith('****'))
  } finally {
    await thief.stop()
  }
  const keyless = await startSessionServer(sealingSecrets([Buffer.alloc(32, 9)]))
  try {
    await keyless.store([exact(TOKEN)])
    await queryTest(keyless.db, `update client_sessions set token_sealed = set_byte(token_sealed, 2, 0)`)
    const key = keyless.credentialOf(keyCaller(['admin', 'secrets:read']))
    const response = await keyless.get('/client_sessions/get?client_session_id=exact', key)
    expect(await response.text()).toBe(exactWith('****'))
  } finally {
    await keyless.stop()
  }
})

test('I9: without a secrets key everybody sees the mask, but the session itself its token', async () => {
  const plain = await startSessionServer(maskingSecrets())
  try {
    await plain.store([exact(TOKEN)])
    const key = plain.credentialOf(keyCaller(['admin', 'secrets:read']))
    const byKey = await plain.get('/client_sessions/get?client_session_id=exact', key)
    expect(await byKey.text()).toBe(exactWith('****'))
    const self = plain.credentialOf(sessionCaller({ client_session_id: 'exact', token: TOKEN }))
    expect(await (await plain.get('/client_sessions/get', self)).text()).toBe(exactWith(TOKEN))
  } finally {
    await plain.stop()
  }
})

test('a client session without parameters gets itself, with its token, by GET, by POST and through the SDK', async () => {
  const token = server.credentialOf(sessionCaller(mine))
  const expected = { client_session: mine, ok: true }
  expect(await (await server.get('/client_sessions/get', token)).json()).toEqual(expected)
  expect(await (await server.post('/client_sessions/get', {}, token)).json()).toEqual(expected)
  const seam = SeamHttp.fromClientSessionToken(token, { endpoint: server.url })
  expect(await seam.clientSessions.get()).toEqual(mine)
  // The SDK's own renewal of tokens relies on this (contract 8.2).
  await expect(seam.updateClientSessionToken(token)).resolves.toBeUndefined()
})

test.each([
  ['its own id', { client_session_id: mine.client_session_id }],
  ['its own key', { user_identifier_key: 'mine' }],
  ['both', { client_session_id: mine.client_session_id, user_identifier_key: 'mine' }],
])('a client session that asks for %s gets itself', async (_title, params) => {
  const response = await server.post('/client_sessions/get', params, server.credentialOf(sessionCaller(mine)))
  expect(await response.json()).toEqual({ client_session: mine, ok: true })
})

test.each([
  ["another's id", { client_session_id: foreign.client_session_id }],
  ["another's key", { user_identifier_key: 'foreign' }],
  [
    "its own id and another's key",
    { client_session_id: mine.client_session_id, user_identifier_key: 'foreign' },
  ],
  ['the id of nobody', { client_session_id: 'nobody' }],
])('I10: a client session that asks for %s finds nothing', async (_title, params) => {
  const response = await server.post('/client_sessions/get', params, server.credentialOf(sessionCaller(mine)))
  expect(response.status).toBe(404)
  expect(await errorOf(response)).toMatchObject({
    type: 'client_session_not_found',
    message: 'Client session not found',
  })
})

test('a key must say which session it wants, and one that is not there is not found', async () => {
  const unsaid = await server.post('/client_sessions/get', {})
  expect(unsaid.status).toBe(400)
  expect(await errorOf(unsaid)).toMatchObject({
    type: 'invalid_input',
    validation_errors: { _errors: ['Must specify either client_session_id or user_identifier_key'] },
  })
  const missing = await server.get('/client_sessions/get?client_session_id=nobody')
  expect(missing.status).toBe(404)
  expect((await errorOf(missing)).type).toBe('client_session_not_found')
})

test('of several sessions with one key the newest is the answer', async () => {
  const many = await startSessionServer(SECRETS)
  try {
    const days = ['2025-01-02', '2025-01-03', '2025-01-01']
    const sessions = days.map((day) =>
      sampleSession({ created_at: `${day}T00:00:00Z`, user_identifier_key: 'k' }),
    )
    await many.store(sessions)
    const response = await many.get('/client_sessions/get?user_identifier_key=k')
    expect(await response.json()).toMatchObject({
      client_session: { client_session_id: sessions[1]?.client_session_id },
    })
  } finally {
    await many.stop()
  }
})

test('nobody gets anything without a credential', async () => {
  for (const path of ['/client_sessions/get', '/client_sessions/list', '/workspaces/get']) {
    expect((await server.get(path, 'seam_nobody')).status).toBe(401)
  }
})
