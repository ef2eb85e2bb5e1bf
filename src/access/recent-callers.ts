import type { ProvableCaller } from '../domain/caller.ts'
import type { Recall } from '../http/authenticate.ts'
import { type Credential, credentialOf } from './credential.ts'

/** Callers that were authenticated a moment ago, by their credentials. */
export interface RecentCallers {
  add(credential: Credential, found: ProvableCaller): void
  /** For a credential that turned out to be no good (any more): its next requests cost a look-up, not a query of events. */
  forget(credential: Credential): void
  recall: Recall
}

/** For so long; then its use is to be noted again as well (api-keys.ts). */
const RECENT_MS = 60_000
/** The one that was added first is dropped first. */
const MAX_CALLERS = 1_000

/**
 * Spares a busy caller's queries the round trip that finds out who calls: the query that is asked next proves in passing that nothing has
 * changed since (store/keys/caller-proof.ts). It is never taken on trust: a key that was revoked a moment ago is refused as if nobody had been
 * remembered.
 */
export function createRecentCallers(monotonicMs: () => number): RecentCallers {
  const callers = new Map<string, { found: ProvableCaller; atMs: number }>()
  return {
    add: (credential, found) => {
      const name = nameOf(credential)
      callers.delete(name)
      callers.set(name, { found, atMs: monotonicMs() })
      const first = callers.keys().next().value
      if (callers.size > MAX_CALLERS && first !== undefined) callers.delete(first)
    },
    forget: (credential) => void callers.delete(nameOf(credential)),
    recall: (request) => {
      const credential = credentialOf(request)
      const recent = credential === null ? undefined : callers.get(nameOf(credential))
      return recent !== undefined && monotonicMs() - recent.atMs < RECENT_MS ? recent.found : null
    },
  }
}

/** With the hash: no key stays in memory for this. */
function nameOf({ tokenSha256, workspaceId }: Credential): string {
  return `${tokenSha256.toString('latin1')} ${workspaceId}`
}
