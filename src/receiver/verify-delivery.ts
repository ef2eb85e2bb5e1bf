import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { Webhook } from 'svix'

/** Says whether one of a workspace's secrets signed exactly these bytes, within the tolerance of 5 minutes either way. */
export type VerifyDelivery = (body: Buffer, headers: IncomingHttpHeaders) => boolean

/** Either way, by this machine's clock: an old delivery may be a replay. */
export const TOLERANCE_SECONDS = 300

/**
 * Any secret may match: while one is being replaced, deliveries come signed with the old and with the new.
 *
 * The scheme (contract, 14) is computed with node:crypto: svix does it in JavaScript, 18 µs for an event of 800 bytes and 11 ms for a
 * megabyte, against 4 µs. svix stays the judge: of every secret at start, and of generated deliveries in the tests. In one thing it is
 * not followed: it reads a body as text, where every byte that is not UTF-8 becomes the same U+FFFD; here the bytes are signed.
 *
 * Throws for a secret that svix does not take.
 */
export function createVerifier(
  secrets: readonly string[],
  nowMs: () => number = () => Date.now(),
): VerifyDelivery {
  const keys = secrets.map(keyOf)
  return (body, headers) => {
    // Svix's names, and those of the standard.
    const id = headers['svix-id'] ?? headers['webhook-id']
    const timestampText = headers['svix-timestamp'] ?? headers['webhook-timestamp']
    const signatureText = headers['svix-signature'] ?? headers['webhook-signature']
    if (typeof id !== 'string' || typeof timestampText !== 'string' || typeof signatureText !== 'string')
      return false
    const timestamp = Number.parseInt(timestampText, 10)
    const ageSeconds = Math.floor(nowMs() / 1000) - timestamp
    // Written so that it is false for a timestamp that is no number.
    if (!(Math.abs(ageSeconds) <= TOLERANCE_SECONDS)) return false
    const head = `${id}.${timestamp}.`
    return keys.some((key) => isSigned(sign(key, head, body), signatureText))
  }
}

/** Whether one of the signatures, `v1,<base64>` separated by spaces, is the expected one. `v1` is the only scheme there is. */
function isSigned(expected: Buffer, signatureText: string): boolean {
  return signatureText.split(' ').some((part) => {
    const [version, signature = ''] = part.split(',')
    const given = version === 'v1' ? Buffer.from(signature) : null
    return given !== null && given.length === expected.length && timingSafeEqual(given, expected)
  })
}

/** As base64 text, which is what is compared: several texts may stand for the same bytes. */
function sign(key: KeyObject, head: string, body: Buffer): Buffer {
  return Buffer.from(createHmac('sha256', key).update(head).update(body).digest('base64'))
}

function keyOf(secret: string): KeyObject {
  const judge = new Webhook(secret)
  const key = createSecretKey(Buffer.from(secret.replace(/^whsec_/, ''), 'base64'))
  const at = new Date(0)
  if (judge.sign('id', at, 'body') !== `v1,${sign(key, 'id.0.', Buffer.from('body')).toString()}`)
    throw new Error('A webhook secret is read differently by svix. Is it whsec_ and standard base64?')
  return key
}
