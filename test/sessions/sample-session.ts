import { createHash, randomUUID } from 'node:crypto'
import { WORKSPACE_ID } from '../support/sample-event.ts'

export interface SampleSession extends Record<string, unknown> {
  client_session_id: string
  token: string
}

/** A small valid client session as an object, like those of the seed page. */
export function sampleSession(fields: Record<string, unknown> = {}): SampleSession {
  return {
    client_session_id: randomUUID(),
    connect_webview_ids: [],
    connected_account_ids: [randomUUID()],
    created_at: '2025-06-15T16:54:17.946309Z',
    device_count: 1,
    expires_at: '2125-06-18T06:10:42.000Z',
    token: sampleToken(),
    user_identifier_key: 'jane_doe',
    user_identity_ids: [],
    workspace_id: WORKSPACE_ID,
    ...fields,
  }
}

function sampleToken(): string {
  const [short, long] = [randomUUID().slice(0, 8), randomUUID().replaceAll('-', '').slice(0, 24)]
  return `seam_cst1${short}_${long}`
}

export function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
