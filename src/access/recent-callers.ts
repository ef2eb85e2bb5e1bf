import type { IncomingMessage } from 'node:http'
import { LRUCache } from 'lru-cache'
import type { ProvableCaller } from '../domain/caller.ts'
import { type Credential, credentialOf } from './credential.ts'

/** Returns the caller that sent this credential a moment ago; null when none is remembered. */
export type Recall = (request: IncomingMessage) => ProvableCaller | null

/** Callers that were authenticated a moment ago, by credential. */
export interface RecentCallers {
  add(credential: Credential, found: ProvableCaller): void
  /** Called when a credential is no longer valid, so that its next requests cost a look-up instead of a query of events. */
  forget(credential: Credential): void
  recall: Recall
}

/** How long a caller is remembered: one step of `last_used_at` (store/keys/is-use-due.ts), so that its use is then noted again. */
export const RECENT_MS = 60_000
/** Beyond it the caller that was added first is dropped. */
export const MAX_CALLERS = 1_000

/**
 * Saves a busy caller the round trip that finds out who calls: the query for its events also proves that nothing has changed since
 * (store/keys/caller-proof.ts). A remembered caller is never trusted by itself: a key that was revoked a moment ago is refused as if
 * nobody had been remembered.
 */
export function createRecentCallers(monotonicMs: () => number): RecentCallers {
  const callers = new LRUCache<string, { found: ProvableCaller; atMs: number }>({ max: MAX_CALLERS })
  return {
    add: (credential, found) => void callers.set(nameOf(credential), { found, atMs: monotonicMs() }),
    forget: (credential) => void callers.delete(nameOf(credential)),
    recall: (request) => {
      const credential = credentialOf(request)
      // Looking does not count as using: who has been looked up last stays longest.
      const recent = credential === null ? undefined : callers.peek(nameOf(credential))
      return recent !== undefined && monotonicMs() - recent.atMs < RECENT_MS ? recent.found : null
    },
  }
}

/** Uses the hash, so that no key stays in memory. The same text in a header and in a cookie are two credentials. */
function nameOf({ from, tokenSha256, workspaceId }: Credential): string {
  return `${from} ${tokenSha256.toString('latin1')} ${workspaceId}`
}
