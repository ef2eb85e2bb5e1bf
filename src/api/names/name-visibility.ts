import type { Caller } from '../../domain/caller.ts'
import type { NameVisibility } from '../../store/names/name-visibility-sql.ts'

/** Which names a caller may see (I10): a key those of its workspace, a client session those of its own accounts' things and of its people. */
export function nameVisibility(caller: Caller): NameVisibility {
  if (caller.kind === 'key') return { kind: 'all' }
  const { connectedAccountIds, userIdentityIds } = caller
  return { kind: 'only', connectedAccountIds, userIdentityIds }
}
