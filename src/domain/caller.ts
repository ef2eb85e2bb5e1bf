/** What a key may do. `admin` includes everything except `secrets:read`, which has to be given by name. */
export const SCOPES = ['events:read', 'client_sessions:read', 'secrets:read', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

/** Who calls the read API, and what it may see (I10). */
export type Caller = KeyCaller | ClientSessionCaller

/** An API key of one workspace, or an access token used for one. */
export interface KeyCaller {
  kind: 'key'
  /** The part of the key that names it, or the name of the variable that holds it. It may be logged. */
  keyId: string
  workspaceId: string
  scopes: readonly Scope[]
}

/** A client session: sees only what belongs to its own connected accounts and Connect Webviews, and the names of its user identities. */
export interface ClientSessionCaller {
  kind: 'client_session'
  workspaceId: string
  clientSessionId: string
  /** The token that the request came with; null when it came with a browser's cookie. The store has only its hash. */
  token: string | null
  connectedAccountIds: readonly string[]
  userIdentityIds: readonly string[]
  connectWebviewIds: readonly string[]
}

/** Lets the store tell whether a caller is still who it was when it was looked up. `rowVersion` is the version of the row it was found in. */
export type CallerProof = CredentialProof | BrowserSessionProof

export type CredentialProof =
  | { kind: 'key'; keyId: string; rowVersion: string }
  | { kind: 'client_session'; tokenSha256: Buffer; rowVersion: string }

/** `credential` proves the credential that the session stands for; null for one that cannot change while this process runs. */
interface BrowserSessionProof {
  kind: 'browser_session'
  sessionSha256: Buffer
  credential: CredentialProof | null
}

/** A caller who was known a moment ago. Only a query that checks the proof may serve it. */
export interface ProvableCaller {
  caller: Caller
  proof: CallerProof
}

export function hasScope(caller: Caller, scope: Scope): boolean {
  if (caller.kind !== 'key') return false
  return caller.scopes.includes(scope) || (scope !== 'secrets:read' && caller.scopes.includes('admin'))
}

/** Tells a caller from all others, of whatever workspace. It may be logged. */
export function callerName(caller: Caller): string {
  return caller.kind === 'key' ? caller.keyId : `${caller.workspaceId} ${caller.clientSessionId}`
}
