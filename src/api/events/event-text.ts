import type { StoredEvent } from '../../store/events/event-query.ts'
import { type Caller, hasScope } from '../../domain/caller.ts'
import { unsealEvent } from '../../secrets/event-secrets-box.ts'
import type { Secrets } from '../../secrets/secrets.ts'

/** Whether a caller sees PINs: its key must name the scope, and there must be a key that decrypts them. */
export function seesSecrets(caller: Caller, secrets: Secrets): boolean {
  return secrets.areKept && hasScope(caller, 'secrets:read')
}

/**
 * Makes the function that shows a caller an event: with its PINs for a key with `secrets:read`; with masks for everybody else, and
 * where no key decrypts the PINs.
 */
export function eventTextFor(caller: Caller, secrets: Secrets): (event: StoredEvent) => string {
  if (!seesSecrets(caller, secrets)) return ({ body }) => body
  return ({ body, sealedSecrets, eventId }) => {
    if (sealedSecrets === null) return body
    return unsealEvent(secrets, body, sealedSecrets, caller.workspaceId, eventId) ?? body
  }
}
