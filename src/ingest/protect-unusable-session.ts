import type { Secrets } from '../secrets/secrets.ts'
import type { QuarantineRow } from '../store/quarantine/save-quarantined.ts'
import { sealQuarantined } from './protect-secrets.ts'

export interface UnusableSessionItem {
  workspaceId: string
  reason: string
  detail: string
  body: Uint8Array
}

const KIND = Buffer.from('client session\0')
/** Stands for a value that was taken out. */
const MASK = '****'
/** A longer name may be a token, so it is masked. */
const LONGEST_NAME = 40

/**
 * Makes the quarantine row of a listed client session that cannot be used. It may hold a token anywhere, so it is sealed whole. Without a
 * key every value is masked, so that only the names are left.
 */
export function protectUnusableSession(item: UnusableSessionItem, secrets: Secrets): QuarantineRow {
  const sealed = sealQuarantined(item, secrets)
  // KIND keeps the digest apart from that of an event with the same bytes, which is another item.
  if (sealed !== null)
    return {
      item,
      body: sealed,
      isSealed: true,
      digest: secrets.fingerprint(Buffer.concat([KIND, item.body])),
    }
  const body = Buffer.from(maskSession(Buffer.from(item.body).toString('utf8')))
  // Masked, most sessions look alike: what is wrong with each is not to be lost by that.
  const digest = secrets.fingerprint(Buffer.concat([KIND, Buffer.from(`${item.reason}\0`), body]))
  return { item, body, isSealed: false, digest }
}

/** The text with a mask for each value. A text that is no JSON, or is nested too deeply to be printed, becomes a single mask. */
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
