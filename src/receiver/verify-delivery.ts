import { isUtf8 } from 'node:buffer'
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { Webhook } from 'svix'

/** Says whether one of a workspace's secrets signed exactly these bytes, within the tolerance of 5 minutes either way. */
export type VerifyDelivery = (body: Buffer, headers: IncomingHttpHeaders) => boolean

/** What is signed with, and what that gave. */
interface Signature {
  id: string
  timestamp: string
  /** Space-separated, each with its scheme: `v1,<base64>`. */
  signatures: string
}

/** Any secret may match: while one is being replaced, deliveries come signed with the old and with the new. */
export function createVerifier(secrets: readonly string[]): VerifyDelivery {
  const signers = secrets.map((secret) => ({
    webhook: new Webhook(secret),
    key: Buffer.from(secret.replace(/^whsec_/, ''), 'base64'),
  }))
  return (body, headers) => {
    const signature = signatureIn(headers)
    if (signature === null) return false
    return signers.some(({ webhook, key }) => {
      const signatures = isUtf8(body) ? signature.signatures : forText(webhook, key, body, signature)
      try {
        webhook.verify(body.toString('utf8'), {
          'svix-id': signature.id,
          'svix-timestamp': signature.timestamp,
          'svix-signature': signatures,
        })
        return true
      } catch {
        return false
      }
    })
  }
}

/** In both spellings (contract, 14). */
function signatureIn(headers: IncomingHttpHeaders): Signature | null {
  const header = (name: string) => headers[`svix-${name}`] ?? headers[`webhook-${name}`]
  const [id, timestamp, signatures] = [header('id'), header('timestamp'), header('signature')]
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string') return null
  return { id, timestamp, signatures }
}

/**
 * svix reads a body as text, where every byte that is not UTF-8 becomes the same U+FFFD: a right signature of such bytes
 * would look wrong to it, and one of a body with U+FFFD right for any bytes in its place. So these bytes are compared here,
 * and svix is given the text's own signature (to judge the timestamp) only when theirs was right.
 */
function forText(
  webhook: Webhook,
  key: Buffer,
  body: Buffer,
  { id, timestamp, signatures }: Signature,
): string {
  const mac = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')
  const expected = Buffer.from(`v1,${mac}`)
  const isSigned = signatures.split(' ').some((given) => {
    const bytes = Buffer.from(given)
    return bytes.length === expected.length && timingSafeEqual(bytes, expected)
  })
  return isSigned ? webhook.sign(id, new Date(Number(timestamp) * 1000), body.toString('utf8')) : ''
}
