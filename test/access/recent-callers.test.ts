import type { IncomingMessage } from 'node:http'
import { sql } from 'kysely'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { credentialOf } from '../../src/access/credential.ts'
import { readKey } from '../../src/access/key-format.ts'
import { createRecentCallers } from '../../src/access/recent-callers.ts'
import type { ProvableCaller } from '../../src/domain/caller.ts'
import { endApiKey } from '../../src/store/keys/end-api-key.ts'
import { sampleEvent } from '../support/sample-event.ts'
import { A, type AccessServer, B, startAccessServer } from './access-server.ts'

const ACCOUNT = 'c35ecf64-474a-466a-95a6-7b35cb4c8bb4'
const OTHER_ACCOUNT = 'd35ecf64-474a-466a-95a6-7b35cb4c8bb4'
const TOKEN = 'seam_cst1liveLIVE_aaaaaaaaaaaaaaaaaaaaaaaa'
/** A query that matches nothing, as when a dashboard asks what is new. */
const NOTHING_NEW = { since: '2099-01-01' }

let server: AccessServer
const event = sampleEvent({ workspace_id: A, connected_account_id: ACCOUNT })
const otherEvent = sampleEvent({ workspace_id: A, connected_account_id: OTHER_ACCOUNT })
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

beforeEach(async () => {
  server = await startAccessServer()
  await server.store(A, [event, otherEvent])
})
afterEach(() => server.stop())

/** What the credential shows, or the status of the refusal. */
async function seenBy(headers: Record<string, string>, body?: object): Promise<string[] | number> {
  const response = await server.ask(headers, '/events/list', body)
  if (response.status !== 200) return response.status
  const { events } = (await response.json()) as { events: { event_id: string }[] }
  return events.map((each) => each.event_id).toSorted()
}

/** Asks twice with the same credential, so that the second time the caller is remembered. */
async function introduce(headers: Record<string, string>, sees: string[]): Promise<void> {
  await seenBy(headers)
  expect(await seenBy(headers)).toEqual(sees.toSorted())
  expect(await seenBy(headers, NOTHING_NEW)).toEqual([])
  expect(server.recall(headers)).not.toBeNull()
}

const both = [event.event_id, otherEvent.event_id]

describe('I10: a caller that is remembered', () => {
  test.each([
    ['there are events', undefined],
    ['there are none', NOTHING_NEW],
  ])('is refused at once when its key is revoked, where %s', async (_title, body) => {
    const key = await server.issue({})
    await introduce(bearer(key), both)
    await endApiKey(server.db, readKey(key)?.keyId ?? '', 'revoke', null)
    expect(await seenBy(bearer(key), body)).toBe(401)
    expect(server.recall(bearer(key))).toBeNull()
    expect(await seenBy(bearer(key), body)).toBe(401)
  })

  test('is refused when its key or its session expires, though nothing writes to it', async () => {
    const key = await server.issue({})
    const keyId = readKey(key)?.keyId ?? ''
    await server.addSession({
      workspaceId: A,
      clientSessionId: 's1',
      token: TOKEN,
      connectedAccountIds: [ACCOUNT],
      connectWebviewIds: [],
    })
    const expireIn = async (seconds: number) => {
      for (const [table, id] of [
        ['api_keys', sql`key_id = ${keyId}`],
        ['client_sessions', sql`client_session_id = 's1'`],
      ] as const)
        await sql`update ${sql.table(table)} set expires_at = clock_timestamp() + make_interval(secs => ${seconds}) where ${id}`.execute(
          server.db,
        )
    }
    // Both must be looked up before they expire, and a busy machine may take long for that.
    for (let seconds = 4; ; seconds *= 4) {
      await expireIn(seconds)
      await introduce(bearer(key), both).catch(() => {})
      await introduce(bearer(TOKEN), [event.event_id]).catch(() => {})
      if (server.recall(bearer(key)) !== null && server.recall(bearer(TOKEN)) !== null) break
    }
    await expect.poll(() => seenBy(bearer(key))).toBe(401)
    await expect.poll(() => seenBy(bearer(TOKEN))).toBe(401)
  })

  test('loses a scope at once', async () => {
    const key = await server.issue({})
    await introduce(bearer(key), both)
    await sql`update api_keys set scopes = '{client_sessions:read}' where key_id = ${readKey(key)?.keyId}`.execute(
      server.db,
    )
    expect(await seenBy(bearer(key))).toBe(403)
  })

  test('loses a workspace at once, and is remembered for each of its workspaces apart', async () => {
    const key = await server.issue({ kind: 'access_token', workspaceIds: [A, B] })
    const inA = { ...bearer(key), 'seam-workspace': A }
    const inB = { ...bearer(key), 'seam-workspace': B }
    await introduce(inA, both)
    await introduce(inB, [])
    expect(await seenBy(bearer(key))).toBe(400)
    await sql`update api_keys set workspace_ids = array[${B}]::uuid[] where key_id = ${readKey(key)?.keyId}`.execute(
      server.db,
    )
    expect(await seenBy(inA)).toBe(401)
    expect(await seenBy(inB)).toEqual([])
  })

  test('is not told what is wrong with its request once its key is revoked', async () => {
    const key = await server.issue({})
    await introduce(bearer(key), both)
    expect(await seenBy(bearer(key), { since: 'never' })).toBe(400)
    await endApiKey(server.db, readKey(key)?.keyId ?? '', 'revoke', null)
    expect(await seenBy(bearer(key), { since: 'never' })).toBe(401)
  })

  test('sees as a client session what the session may see now', async () => {
    const session = { workspaceId: A, clientSessionId: 's1', token: TOKEN, connectWebviewIds: [] }
    await server.addSession({ ...session, connectedAccountIds: [ACCOUNT] })
    await introduce(bearer(TOKEN), [event.event_id])
    const change = sql`update client_sessions set connected_account_ids = array[${OTHER_ACCOUNT}] where client_session_id = 's1'`
    await change.execute(server.db)
    expect(await seenBy(bearer(TOKEN))).toEqual([otherEvent.event_id])
    await introduce(bearer(TOKEN), [otherEvent.event_id])
    await sql`update client_sessions set deleted_at = clock_timestamp(), token_sha256 = null where client_session_id = 's1'`.execute(
      server.db,
    )
    expect(await seenBy(bearer(TOKEN))).toBe(401)
  })

  test('is refused as soon as a second session claims the same token', async () => {
    const session = { workspaceId: A, connectedAccountIds: [ACCOUNT], token: TOKEN, connectWebviewIds: [] }
    await server.addSession({ ...session, clientSessionId: 's1' })
    await introduce(bearer(TOKEN), [event.event_id])
    await server.addSession({ ...session, clientSessionId: 's2' })
    expect(await seenBy(bearer(TOKEN))).toBe(401)
  })
})

describe('what is remembered of callers', () => {
  const requestWith = (authorization: string) =>
    ({ headers: { authorization } }) as unknown as IncomingMessage
  const someone: ProvableCaller = {
    caller: { kind: 'key', keyId: 'seam_mirror1aaaaaaaa', workspaceId: A, scopes: ['events:read'] },
    proof: { kind: 'key', keyId: 'seam_mirror1aaaaaaaa', rowVersion: '7' },
  }

  test('is kept for a minute', () => {
    let now = 0
    const recent = createRecentCallers(() => now)
    const request = requestWith('Bearer seam_1')
    recent.add(credentialOf(request) as NonNullable<ReturnType<typeof credentialOf>>, someone)
    now = 59_999
    expect(recent.recall(request)).toBe(someone)
    expect(recent.recall(requestWith('Bearer seam_2'))).toBeNull()
    now = 60_000
    expect(recent.recall(request)).toBeNull()
  })

  test('I12: are a thousand callers at most, and the oldest goes first', () => {
    const recent = createRecentCallers(() => 0)
    const requests = Array.from({ length: 1001 }, (_, i) => requestWith(`Bearer seam_${i}`))
    for (const request of requests)
      recent.add(credentialOf(request) as NonNullable<ReturnType<typeof credentialOf>>, someone)
    expect(requests.filter((request) => recent.recall(request) === null)).toEqual([requests[0]])
  })
})
