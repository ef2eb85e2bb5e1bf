import { hash, randomInt } from 'node:crypto'

/*
 * Keys look like Seam's own, because every official SDK checks a key's beginning before it sends it (contract, 3 and trap 10):
 *
 *   API key        seam_mirror1<8 characters>_<24 characters>   anything that does not begin with seam_at, seam_cst, seam_pk
 *   access token   seam_at1<8 characters>_<24 characters>
 *
 * The first part names the key and may be logged and listed; the second is the secret.
 */

export type KeyKind = 'api_key' | 'access_token'

export const KEY_PREFIXES: Record<KeyKind, string> = { api_key: 'seam_mirror1', access_token: 'seam_at1' }

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz'
const ID_LENGTH = 8
const SECRET_LENGTH = 24
const KEY = new RegExp(`^(seam_mirror1|seam_at1)([${BASE58}]{${ID_LENGTH}})_[${BASE58}]{${SECRET_LENGTH}}$`)

export interface NewKey {
  keyId: string
  /** Shown once and stored nowhere. */
  key: string
}

export function createKey(kind: KeyKind): NewKey {
  const keyId = `${KEY_PREFIXES[kind]}${randomBase58(ID_LENGTH)}`
  return { keyId, key: `${keyId}_${randomBase58(SECRET_LENGTH)}` }
}

/** Reads the kind and the id of a key in our format; null for anything else. */
export function readKey(token: string): { kind: KeyKind; keyId: string } | null {
  const [, prefix, id] = KEY.exec(token) ?? []
  if (prefix === undefined || id === undefined) return null
  return { kind: prefix === KEY_PREFIXES.api_key ? 'api_key' : 'access_token', keyId: `${prefix}${id}` }
}

export function sha256(text: string): Buffer {
  return hash('sha256', text, 'buffer')
}

function randomBase58(length: number): string {
  return Array.from({ length }, () => BASE58[randomInt(BASE58.length)]).join('')
}
