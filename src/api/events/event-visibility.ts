import type { Caller } from '../../domain/caller.ts'
import { requireScope } from '../../http/require-scope.ts'
import type { EventVisibility } from '../../store/events/list-events.ts'

/**
 * Which events a caller may see (I10). A key with the scope for events sees all of its workspace; a client session sees those of its
 * connected accounts and Connect Webviews. Throws 403 for a key without the scope.
 */
export function eventVisibility(caller: Caller): EventVisibility {
  if (caller.kind === 'client_session') {
    const { connectedAccountIds, connectWebviewIds } = caller
    return { kind: 'only', connectedAccountIds, connectWebviewIds }
  }
  requireScope(caller, 'events:read')
  return { kind: 'all' }
}
