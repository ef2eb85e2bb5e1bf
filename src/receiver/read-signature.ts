import type { IncomingHttpHeaders } from 'node:http'

/** Who signed a delivery, and when, according to its headers. */
export interface Signature {
  id: string
  /** Seconds since 1970. */
  timestamp: number
  /** One or more `v1,<base64>`, separated by spaces. */
  signatures: string
}

export type ReadSignature =
  | { kind: 'signature'; signature: Signature }
  /** No secret could make this signature valid. `ageSeconds` is negative when it comes from the future. */
  | { kind: 'missing' | 'malformed' }
  | { kind: 'too_old' | 'too_new'; ageSeconds: number }

/** How far a timestamp may differ from this machine's clock, either way: an old delivery may be a replay. */
export const TOLERANCE_SECONDS = 300

/** A SHA-256 in base64. `v1` is the only scheme so far. */
const POSSIBLE_SIGNATURE = /(?:^| )v1,[\w+/]{43}=/

/**
 * Reads a delivery's signature headers, in Svix's names or those of the standard (contract, 14). It does not need the body, so a
 * sender without these headers cannot make the service hold one.
 */
export function readSignature(headers: IncomingHttpHeaders, nowMs: number): ReadSignature {
  const id = headers['svix-id'] ?? headers['webhook-id']
  const timestampText = headers['svix-timestamp'] ?? headers['webhook-timestamp']
  const signatures = headers['svix-signature'] ?? headers['webhook-signature']
  if (!isGiven(id) || !isGiven(timestampText) || !isGiven(signatures)) return { kind: 'missing' }
  const timestamp = Number.parseInt(timestampText, 10)
  if (Number.isNaN(timestamp) || !POSSIBLE_SIGNATURE.test(signatures)) return { kind: 'malformed' }
  const ageSeconds = Math.floor(nowMs / 1000) - timestamp
  if (ageSeconds > TOLERANCE_SECONDS) return { kind: 'too_old', ageSeconds }
  if (ageSeconds < -TOLERANCE_SECONDS) return { kind: 'too_new', ageSeconds }
  return { kind: 'signature', signature: { id, timestamp, signatures } }
}

function isGiven(header: string | string[] | undefined): header is string {
  return typeof header === 'string' && header !== ''
}
