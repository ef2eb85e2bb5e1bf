import type { EventVisibility } from '../../store/events/event-query.ts'
import type { Caller } from '../../domain/caller.ts'
import type { Takes } from '../../http/route.ts'

/** Who may read events: keys with the scope, and client sessions, which have none and see their own. */
export const EVENT_READERS: Takes = { key: 'events:read', client_session: null }

/**
 * Which events a caller may see (I10). A key sees all of its workspace; a client session sees those of its connected accounts
 * and Connect Webviews. That a key has the scope for events, its route says (`EVENT_READERS`).
 */
export function eventVisibility(caller: Caller): EventVisibility {
  if (caller.kind === 'client_session') {
    const { connectedAccountIds, connectWebviewIds } = caller
    return { kind: 'only', connectedAccountIds, connectWebviewIds }
  }
  return { kind: 'all' }
}
