import { createHash } from 'node:crypto'
import type { Secrets } from './secrets.ts'

/** Keeps no secrets. It is for a service without a secrets key, and for bodies that are shown or tried but not stored. */
export function maskingSecrets(): Secrets {
  return {
    areKept: false,
    keyIds: [],
    seal: () => null,
    sealRepeatably: () => null,
    open: () => null,
    fingerprint: (value) => createHash('sha256').update(value).digest(),
  }
}
