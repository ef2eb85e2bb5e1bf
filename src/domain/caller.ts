/** What a key may do. `admin` stands for everything but `secrets:read`, which has to be given by name. */
export const SCOPES = ['events:read', 'client_sessions:read', 'secrets:read', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

/** Who calls the read API, and what it may see (I10). */
export type Caller = KeyCaller | ClientSessionCaller

/** An API key of one workspace, or an access token used for one. */
export interface KeyCaller {
  kind: 'key'
  /** The part of the key that names it, or the variable that holds it; may be logged. */
  keyId: string
  workspaceId: string
  scopes: readonly Scope[]
}

/** A client session: sees only what belongs to its own connected accounts and Connect Webviews. */
export interface ClientSessionCaller {
  kind: 'client_session'
  workspaceId: string
  clientSessionId: string
  /** The token it came with; the store has only its hash. */
  token: string
  connectedAccountIds: readonly string[]
  connectWebviewIds: readonly string[]
}

/** How the store can tell whether a caller is still the one that was looked up. `rowVersion` is that of the row it was found in. */
export type CallerProof =
  | { kind: 'key'; keyId: string; rowVersion: string }
  | { kind: 'client_session'; tokenSha256: Buffer; rowVersion: string }

/** Somebody who was known a moment ago; to be served only by a query that proves it again. */
export interface ProvableCaller {
  caller: Caller
  proof: CallerProof
}

export function hasScope(caller: Caller, scope: Scope): boolean {
  if (caller.kind !== 'key') return false
  return caller.scopes.includes(scope) || (scope !== 'secrets:read' && caller.scopes.includes('admin'))
}
