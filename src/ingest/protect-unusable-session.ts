import { createHash } from 'node:crypto'
import type { Keyring } from '../secrets/keyring.ts'
import type { QuarantineRow } from '../store/quarantine/insert-quarantined.ts'
import { quarantineContext } from './protect-secrets.ts'

export interface UnusableSessionItem {
  workspaceId: string
  reason: string
  detail: string
  body: Uint8Array
}

const KIND = Buffer.from('client session\0')
/** What stands for a value. */
const MASK = '****'
/** Names that are longer may be a token. */
const LONGEST_NAME = 40

/**
 * Keeps what was listed as a client session and can't be used. It holds a token, at a place that need not be the usual one: so all of it is
 * sealed, and without a key every value is masked, and only the names are left.
 */
export function protectUnusableSession(item: UnusableSessionItem, keyring: Keyring | null): QuarantineRow {
  if (keyring !== null) {
    const body = keyring.seal(Buffer.from(item.body).toString('base64'), quarantineContext(item.workspaceId))
    // Not the digest of an event with the same bytes: that is another item.
    return { item, body, isSealed: true, digest: keyring.fingerprint(Buffer.concat([KIND, item.body])) }
  }
  const body = Buffer.from(maskSession(Buffer.from(item.body).toString('utf8')))
  // Masked, most sessions look alike: what is wrong with each is not to be lost by that.
  const digest = createHash('sha256').update(KIND).update(item.reason).update('\0').update(body).digest()
  return { item, body, isSealed: false, digest }
}

/** The text with a mask for each value. Of what is no JSON, or nested too deeply to be printed, nothing is left. */
export function maskSession(text: string): string {
  try {
    return JSON.stringify(masked(JSON.parse(text)))
  } catch {
    return JSON.stringify(MASK)
  }
}

function masked(value: unknown): unknown {
  if (value === null || typeof value === 'boolean') return value
  if (typeof value !== 'object') return MASK
  if (Array.isArray(value)) return value.map(masked)
  const members = Object.entries(value).map(([name, inner]) => [
    name.length > LONGEST_NAME ? MASK : name,
    masked(inner),
  ])
  return Object.fromEntries(members)
}
