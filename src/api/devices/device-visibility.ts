import type { DeviceVisibility } from '../../store/devices/device-query.ts'
import type { Caller } from '../../domain/caller.ts'

/**
 * Which devices a caller sees, and which events tell it their states (I10): a key those of its workspace, a client session those of its
 * connected accounts.
 */
export function deviceVisibility(caller: Caller): DeviceVisibility {
  if (caller.kind === 'key') return { kind: 'all' }
  return { kind: 'only', connectedAccountIds: caller.connectedAccountIds }
}
