import { formatInstant } from './instant.ts'
import type { Micros } from './instant.ts'
import type { Random } from './random.ts'

/** A client session as Seam writes it (contract, section 13). */
export interface ClientSession {
  client_session_id: string
  workspace_id: string
  /** A live bearer token, `seam_cst1<8>_<24>`. */
  token: string
  created_at: string
  expires_at: string
  user_identifier_key: string | null
  device_count: number
  connected_account_ids: string[]
  connect_webview_ids: string[]
  user_identity_ids: string[]
  user_identity_id?: string
  customer_key?: string
  /** The published samples have it, but no API description does (contract, section 13). */
  customer_id?: string
}

/** The values that differ between sessions. */
export interface ClientSessionOwner {
  workspaceId: string
  userIdentifierKey: string | null
  userIdentityId: string | undefined
  customerKey: string | undefined
  connectedAccountIds: string[]
  connectWebviewIds: string[]
  deviceCount: number
}

const lifeMicros = 3 * 24 * 3600 * 1_000_000

export function createClientSession(owner: ClientSessionOwner, at: Micros, random: Random): ClientSession {
  return {
    client_session_id: random.uuid(),
    workspace_id: owner.workspaceId,
    token: `seam_cst1${random.base58(8)}_${random.base58(24)}`,
    created_at: formatInstant(at, 'micros'),
    expires_at: formatInstant(at + lifeMicros, 'micros'),
    user_identifier_key: owner.userIdentifierKey,
    device_count: owner.deviceCount,
    connected_account_ids: owner.connectedAccountIds,
    connect_webview_ids: owner.connectWebviewIds,
    user_identity_ids: owner.userIdentityId ? [owner.userIdentityId] : [],
    ...(owner.userIdentityId && { user_identity_id: owner.userIdentityId }),
    ...(owner.customerKey && { customer_key: owner.customerKey, customer_id: random.uuid() }),
  }
}
