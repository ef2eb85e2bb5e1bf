import { createHash } from 'node:crypto'
import type { Secrets } from './secrets.ts'

/** Keeps no secrets: for a service without a secrets key, and for what is shown or tried and not kept. */
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
