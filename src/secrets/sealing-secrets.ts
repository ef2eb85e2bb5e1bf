import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  randomBytes,
} from 'node:crypto'
import type { Secrets } from './secrets.ts'

/*
 * Secrets at rest (I9) are encrypted with AES-256-GCM. The nonce has 96 bits; it is random or derived from the value. A sealed value is
 *
 *   1 byte   format, 1
 *   4 bytes  id of the key: the beginning of its SHA-256
 *   12 bytes nonce
 *   16 bytes authentication tag
 *   n bytes  ciphertext
 *
 * The context (the row and column that the value belongs to) is authenticated as well, so a value that is copied into another row does not
 * open there.
 */

const FORMAT = 1
const KEY_ID_BYTES = 4
const NONCE_BYTES = 12
const TAG_BYTES = 16
const HEADER_BYTES = 1 + KEY_ID_BYTES + NONCE_BYTES + TAG_BYTES

interface SealingSecrets extends Secrets {
  seal(plaintext: string, context: string): Buffer
  /** The nonce is a keyed digest of plaintext and context (as in SIV), so only the same value repeats it. */
  sealRepeatably(plaintext: string, context: string): Buffer
}

/** Keeps secrets: seals with the first key and opens with any of them. Each key has 32 bytes. */
export function sealingSecrets(keys: readonly [Buffer, ...Buffer[]]): SealingSecrets {
  const byId = new Map(keys.map((key) => [keyIdOf(key), createSecretKey(key)]))
  const sealingKey = createSecretKey(keys[0])
  const sealingId = keyIdOf(keys[0])
  const head = Buffer.from([FORMAT, ...Buffer.from(sealingId, 'hex')])
  const nonceKey = createSecretKey(createHmac('sha256', sealingKey).update('nonce').digest())
  const nextNonce = nonces()
  const sealWith = (nonce: Buffer, plaintext: string, context: string): Buffer => {
    const cipher = createCipheriv('aes-256-gcm', sealingKey, nonce).setAAD(Buffer.from(context))
    const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()])
    return Buffer.concat([head, nonce, cipher.getAuthTag(), ciphertext])
  }
  return {
    areKept: true,
    keyIds: [...byId.keys()],
    fingerprint: (value) => createHmac('sha256', sealingKey).update('fingerprint').update(value).digest(),
    seal: (plaintext, context) => sealWith(nextNonce(), plaintext, context),
    sealRepeatably: (plaintext, context) => {
      const digest = createHmac('sha256', nonceKey).update(`${context}\0${plaintext}`).digest()
      return sealWith(digest.subarray(0, NONCE_BYTES), plaintext, context)
    },
    open: (sealed, context) => {
      const bytes = Buffer.from(sealed)
      const key = byId.get(sealedWith(bytes) ?? '')
      if (key === undefined) return null
      const nonce = bytes.subarray(1 + KEY_ID_BYTES, 1 + KEY_ID_BYTES + NONCE_BYTES)
      const tag = bytes.subarray(HEADER_BYTES - TAG_BYTES, HEADER_BYTES)
      const decipher = createDecipheriv('aes-256-gcm', key, nonce)
        .setAAD(Buffer.from(context))
        .setAuthTag(tag)
      try {
        return decipher.update(bytes.subarray(HEADER_BYTES)).toString('utf8') + decipher.final('utf8')
      } catch {
        return null
      }
    },
  }
}

/** Makes random nonces, 256 for each system call. With one call for each nonce, they took a quarter of the sealing (1.5 of 6 µs). */
function nonces(): () => Buffer {
  let random = Buffer.alloc(0)
  return () => {
    if (random.length === 0) random = randomBytes(256 * NONCE_BYTES)
    const nonce = random.subarray(0, NONCE_BYTES)
    random = random.subarray(NONCE_BYTES)
    return nonce
  }
}

/** The id of the key that a value was sealed with, in hexadecimal; null when it is not a sealed value. */
export function sealedWith(sealed: Uint8Array): string | null {
  if (sealed.length < HEADER_BYTES || sealed[0] !== FORMAT) return null
  return Buffer.from(sealed.subarray(1, 1 + KEY_ID_BYTES)).toString('hex')
}

export function keyIdOf(key: Uint8Array): string {
  return createHash('sha256')
    .update(key)
    .digest('hex')
    .slice(0, KEY_ID_BYTES * 2)
}
