import { beforeEach, expect, test } from 'vitest'
import { sealingSecrets, sealedWith } from '../../src/secrets/sealing-secrets.ts'
import { startSimulatedSeam } from '../../src/simulated-seam/start-simulated-seam.ts'
import { listSessionsByToken } from '../../src/store/sessions/list-sessions-by-token.ts'
import { queryTest } from '../support/query-test.ts'
import { WORKSPACE_ID } from '../support/sample-event.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import { sampleSession, sha256 } from './sample-session.ts'
import { SECRETS, sessionRows, startSync } from './sync-rig.ts'
import { listing, startUpstream, workspaceAnswer } from './upstream.ts'
import { maskingSecrets } from '../../src/secrets/masking-secrets.ts'

const { database, db } = await databaseOfThisFile()
beforeEach(() => database.empty())

/** Every table of the schema as text, row by row. */
async function dump(): Promise<string> {
  const tables = await queryTest<{ name: string }>(
    db,
    `select quote_ident(table_name) as name from information_schema.tables where table_schema = 'public'`,
  )
  const texts = await Promise.all(
    tables.map(({ name }) => queryTest<{ row: string }>(db, `select t::text as row from ${name} t`)),
  )
  return texts
    .flat()
    .map(({ row }) => row)
    .join('\n')
}

/** bytea shows as hexadecimal: the bytes of a text that was stored without sealing. */
const hex = (text: string): string => Buffer.from(text).toString('hex')

test.each([
  ['with a secrets key', SECRETS],
  ['without one', maskingSecrets()],
])('I9: no token is in any table or in the log, %s', async (_title, secrets) => {
  const seam = await startSimulatedSeam({ workspaceId: WORKSPACE_ID })
  const stranger = sampleSession()
  const upstream = await startUpstream()
  const tokens = [...seam.hotel.clientSessions, stranger].map(({ token }) => token)
  const publishable = 'seam_pk1abcdefgh_abcdefghijklmnopqrstuvwx'
  upstream.workspace = workspaceAnswer({ publishable_key: publishable })
  upstream.sessions = listing(...seam.hotel.clientSessions, {
    ...stranger,
    link: `https://x/${stranger.token}`,
  })
  await seam.stop()
  const sync = await startSync(db, upstream.url, { secrets })
  await sync.syncNow()
  // The next run fails over one of them.
  upstream.sessions = listing(stranger, 'no JSON')
  await sync.syncNow()
  expect(sync.status().failures).toBe(1)
  // The next one sets some of them aside.
  upstream.sessions = listing(
    ...seam.hotel.clientSessions,
    { ...stranger, device_count: 8 },
    { ...stranger, link: `https://x/${stranger.token}` },
    { session: stranger },
    [stranger.token],
    JSON.stringify(stranger.token),
  )
  await sync.syncNow()
  expect(sync.status().lastCounts).toMatchObject({ unusable: 5 })

  const text = await dump()
  expect(text).toContain(stranger.client_session_id)
  expect(text).toContain(sha256(stranger.token).toString('hex'))
  for (const secret of [...tokens, publishable]) {
    expect(text.includes(secret) || text.includes(hex(secret))).toBe(false)
    expect(sync.logs.join('')).not.toContain(secret)
  }
  const sealed = await queryTest(db, 'select 1 from client_sessions where token_sealed is not null')
  expect(sealed).toHaveLength(secrets.areKept ? tokens.length : 0)
})

/** The id of the key that the only session's token is sealed with. */
async function sealedBy(): Promise<string | null> {
  const [row] = await db.selectFrom('client_sessions').select('token_sealed').execute()
  return row?.token_sealed ? sealedWith(row.token_sealed) : null
}

test('I9: a new secrets key seals what is there again at the next sync, and a first one seals what was not kept', async () => {
  const upstream = await startUpstream()
  upstream.sessions = listing(sampleSession())
  const newer = sealingSecrets([Buffer.alloc(32, 8), Buffer.alloc(32, 7)])
  for (const secrets of [maskingSecrets(), SECRETS, newer]) {
    const sync = await startSync(db, upstream.url, { secrets })
    await sync.syncNow()
    expect(await sealedBy()).toBe(secrets.keyIds[0] ?? null)
    await sync.stop()
  }
})

test('I10: a token finds its session with what it may see, until it expires, is revoked or is deleted', async () => {
  const account = '11111111-1111-4111-8111-AAAAAAAAAAAA'
  const live = sampleSession({ connected_account_ids: [account, 'ca_1'], connect_webview_ids: ['cw_1'] })
  const eternal = sampleSession({ expires_at: null })
  const expired = sampleSession({ expires_at: '2020-01-01T00:00:00Z' })
  const unclear = sampleSession({ expires_at: 'soon' })
  const revoked = sampleSession({ revoked_at: '2020-01-01T00:00:00Z' })
  const [one, two] = [
    sampleSession({ token: 'seam_cst1_shared' }),
    sampleSession({ token: 'seam_cst1_shared' }),
  ]
  const upstream = await startUpstream()
  upstream.sessions = listing(live, eternal, expired, unclear, revoked, one, two)
  const sync = await startSync(db, upstream.url)
  await sync.syncNow()
  expect(await sessionRows(db)).toHaveLength(7)

  const find = async (token: string) => {
    const hash = sha256(token).toString('hex')
    return (await listSessionsByToken(db, [hash])).get(hash) ?? null
  }
  expect(await find(live.token)).toEqual({
    workspaceId: WORKSPACE_ID,
    clientSessionId: live.client_session_id,
    userIdentityIds: [],
    connectedAccountIds: [account.toLowerCase()],
    connectWebviewIds: [],
    state: 'live',
    rowVersion: expect.stringMatching(/^\d+$/) as string,
  })
  expect(await find(eternal.token)).toMatchObject({ state: 'live' })
  expect(await find(expired.token)).toMatchObject({ state: 'expired' })
  expect(await find(unclear.token)).toMatchObject({ state: 'expired' })
  expect(await find(revoked.token)).toBeNull()
  expect(await find('seam_cst1_shared')).toBeNull()
  expect(await find('seam_cst1_of_nobody')).toBeNull()
  expect(await find('****')).toBeNull()

  upstream.sessions = listing(eternal, expired, unclear, revoked, one, two)
  await sync.syncNow()
  expect(await find(live.token)).toBeNull()
})
