import { randomUUID } from 'node:crypto'
import { SeamHttp } from '@seamapi/http'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createLogger } from '../../../src/observability/create-logger.ts'
import { openWorkspaces } from '../../../src/workspaces/open-workspaces.ts'
import { WORKSPACE_ID } from '../../support/sample-event.ts'
import { sampleSession } from '../../sessions/sample-session.ts'
import {
  keyCaller,
  type SessionServer,
  sessionCaller,
  startSessionServer,
} from '../../sessions/session-server.ts'
import { startSync } from '../../sessions/sync-rig.ts'
import { startUpstream } from '../../sessions/upstream.ts'
import { SECRETS } from '../../sessions/sync-rig.ts'

let server: SessionServer
beforeEach(async () => {
  server = await startSessionServer(SECRETS)
})
afterEach(() => server.stop())

test('a workspace that Seam was never asked about has every required field, and claims nothing', async () => {
  const response = await server.get('/workspaces/get')
  expect(await response.json()).toEqual({
    workspace: {
      workspace_id: WORKSPACE_ID,
      name: 'default',
      company_name: 'default',
      connect_partner_name: null,
      is_sandbox: false,
      is_suspended: false,
      is_publishable_key_auth_enabled: false,
      connect_webview_customization: {},
      organization_id: null,
    },
    ok: true,
  })
})

/** A workspace in an odd spelling, with one more member. */
function text(more: string): string {
  return `{ "workspace_id" : "${WORKSPACE_ID}"${more},\n "name":"Hotel", "2":1.50, "is_sandbox":true }`
}

test('I7: after a sync it is served as Seam wrote it, without the publishable key', async () => {
  const upstream = await startUpstream()
  upstream.workspace = `{"ok":true, "workspace" : ${text(', "publishable_key": "seam_pk1_x"')}}`
  const sync = await startSync(server.db, upstream.url)
  await sync.syncNow()
  expect(sync.status().lastError).toBeNull()
  for (const response of [await server.get('/workspaces/get'), await server.post('/workspaces/get', {})]) {
    expect(await response.text()).toBe(`{"workspace":${text('')},"ok":true}`)
  }
})

test('any key and any client session may ask, through the SDK as well', async () => {
  const key = server.credentialOf(keyCaller([]))
  const byKey = await SeamHttp.fromApiKey(key, { endpoint: server.url }).workspaces.get()
  expect(byKey.workspace_id).toBe(WORKSPACE_ID)
  const session = sampleSession()
  const token = server.credentialOf(sessionCaller(session))
  const bySession = await SeamHttp.fromClientSessionToken(token, { endpoint: server.url }).workspaces.get()
  expect(bySession.workspace_id).toBe(WORKSPACE_ID)
})

test('I10: the answer is the workspace of the caller', async () => {
  const other = randomUUID()
  await openWorkspaces(server.db, [{ key: 'other', workspaceId: other }], createLogger('silent'))
  const response = await server.get('/workspaces/get', server.credentialOf(keyCaller([], other)))
  expect(await response.json()).toMatchObject({ workspace: { workspace_id: other, name: 'other' } })
  const unknown = await server.get('/workspaces/get', server.credentialOf(keyCaller([], randomUUID())))
  expect(unknown.status).toBe(404)
})
