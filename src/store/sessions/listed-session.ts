import type { Micros } from '../../domain/instant.ts'
import {
  BYTEA,
  binaryArray,
  type ElementType,
  JSON_TEXT,
  TEXT,
  TIMESTAMPTZ,
} from '../../postgres/binary-array.ts'

/** One session of a listing, ready to be stored: ids are storable and in their normal form (domain/normal-id.ts). */
export interface ListedSession {
  clientSessionId: string
  userIdentifierKey: string | null
  userIdentityIds: readonly string[]
  connectWebviewIds: readonly string[]
  connectedAccountIds: readonly string[]
  createdAt: Micros | null
  expiresAt: Micros | null
  /** The session's text with masks for its token (I9). */
  body: string
  tokenSha256: Buffer | null
  tokenSealed: Buffer | null
  /** Digest of everything the session was read from. While the row has the same digest, there is nothing to store. */
  digest: Buffer
}

/** One column of a listing. `travels` is the element type of the array that it is sent in, and `array` makes that array. */
export interface ListingColumn {
  name: string
  type: string
  travels: string
  array: (sessions: readonly ListedSession[]) => Buffer
}

export const LISTING_COLUMNS: readonly ListingColumn[] = [
  column('client_session_id', TEXT, (session) => session.clientSessionId),
  column('user_identifier_key', TEXT, (session) => session.userIdentifierKey),
  idsColumn('user_identity_ids', (session) => session.userIdentityIds),
  idsColumn('connect_webview_ids', (session) => session.connectWebviewIds),
  idsColumn('connected_account_ids', (session) => session.connectedAccountIds),
  column('created_at', TIMESTAMPTZ, (session) => session.createdAt),
  column('expires_at', TIMESTAMPTZ, (session) => session.expiresAt),
  column('body', JSON_TEXT, (session) => session.body),
  column('token_sha256', BYTEA, (session) => session.tokenSha256),
  column('token_sealed', BYTEA, (session) => session.tokenSealed),
  column('listed_digest', BYTEA, (session) => session.digest),
]

function column<Value>(
  name: string,
  type: ElementType<Value>,
  value: (session: ListedSession) => Value | null,
): ListingColumn {
  return {
    name,
    type: type.name,
    travels: type.name,
    array: (sessions) => binaryArray(type, sessions.map(value)),
  }
}

/** unnest flattens arrays of arrays, so an array travels as its text form and is cast for each row. */
function idsColumn(name: string, ids: (session: ListedSession) => readonly string[]): ListingColumn {
  return { ...column(name, TEXT, (session) => `{${ids(session).map(quoted).join(',')}}`), type: 'text[]' }
}

function quoted(id: string): string {
  return `"${id.replaceAll(/["\\]/g, String.raw`\$&`)}"`
}
