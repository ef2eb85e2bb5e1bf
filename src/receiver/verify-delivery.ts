import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from 'node:crypto'
import { Webhook } from 'svix'
import type { Signature } from './read-signature.ts'

/** Says whether one of a workspace's secrets signed exactly these bytes. How old the signature may be was decided when it was read. */
export type VerifyDelivery = (body: Buffer, signature: Signature) => boolean

/**
 * Any secret may match: while one is being replaced, deliveries come signed with the old and with the new.
 *
 * The scheme (contract, 14) is computed with node:crypto: svix does it in JavaScript, 18 µs for an event of 800 bytes and 11 ms for a
 * megabyte, against 4 µs. svix stays the judge: of every secret at start, and of generated deliveries in the tests. In one thing it is
 * not followed: it reads a body as text, where every byte that is not UTF-8 becomes the same U+FFFD; here the bytes are signed.
 *
 * Throws for a secret that svix does not take.
 */
export function createVerifier(secrets: readonly string[]): VerifyDelivery {
  const keys = secrets.map(keyOf)
  return (body, { id, timestamp, signatures }) => {
    const head = `${id}.${timestamp}.`
    return keys.some((key) => isSigned(sign(key, head, body), signatures))
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
