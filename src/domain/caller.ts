/** What a key may do. `admin` stands for everything but `secrets:read`, which has to be given by name. */
export const SCOPES = ['events:read', 'client_sessions:read', 'secrets:read', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

/** Who calls the read API, and what it may see (I10). */
export type Caller = KeyCaller | ClientSessionCaller

/** An API key of one workspace, or an access token used for one. */
export interface KeyCaller {
  kind: 'key'
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

export function hasScope(caller: Caller, scope: Scope): boolean {
  if (caller.kind !== 'key') return false
  return caller.scopes.includes(scope) || (scope !== 'secrets:read' && caller.scopes.includes('admin'))
}
