import { formatInstant, type Micros } from '../domain/instant.ts'

/** One session of a listing, ready to be stored: ids are storable and in their normal form (normal-id.ts). */
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
}

/** One column of the listing: its name, its type, how it travels in an array of its own, and how a session fills it. */
export interface ListingColumn {
  name: string
  type: string
  travels: string
  value: (session: ListedSession) => string | Buffer | null
}

export const LISTING_COLUMNS: readonly ListingColumn[] = [
  column('client_session_id', 'text', (session) => session.clientSessionId),
  column('user_identifier_key', 'text', (session) => session.userIdentifierKey),
  idsColumn('user_identity_ids', (session) => session.userIdentityIds),
  idsColumn('connect_webview_ids', (session) => session.connectWebviewIds),
  idsColumn('connected_account_ids', (session) => session.connectedAccountIds),
  column('created_at', 'timestamptz', ({ createdAt }) => instantOf(createdAt)),
  column('expires_at', 'timestamptz', ({ expiresAt }) => instantOf(expiresAt)),
  column('body', 'json', (session) => session.body),
  column('token_sha256', 'bytea', (session) => session.tokenSha256),
  column('token_sealed', 'bytea', (session) => session.tokenSealed),
]

function column(name: string, type: string, value: ListingColumn['value']): ListingColumn {
  return { name, type, travels: type, value }
}

function instantOf(instant: Micros | null): string | null {
  return instant === null ? null : formatInstant(instant)
}

function quoted(id: string): string {
  return `"${id.replaceAll(/["\\]/g, String.raw`\$&`)}"`
}

/** unnest flattens arrays of arrays, so an array travels as its text form and is cast for each row. */
function idsColumn(name: string, ids: (session: ListedSession) => readonly string[]): ListingColumn {
  return {
    name,
    type: 'text[]',
    travels: 'text',
    value: (session) => `{${ids(session).map(quoted).join(',')}}`,
  }
}
