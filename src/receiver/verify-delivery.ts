import type { IncomingHttpHeaders } from 'node:http'
import { Webhook } from 'svix'

/** The headers of a signed delivery, in both spellings (contract, 14). */
const SIGNATURE_HEADERS = [
  'svix-id',
  'svix-timestamp',
  'svix-signature',
  'webhook-id',
  'webhook-timestamp',
  'webhook-signature',
]

/** Says whether one of a workspace's secrets signed exactly these bytes, within the tolerance of 5 minutes either way. */
export type VerifyDelivery = (body: string, headers: IncomingHttpHeaders) => boolean

/** Any secret may match: while one is being replaced, deliveries come signed with the old and with the new. */
export function createVerifier(secrets: readonly string[]): VerifyDelivery {
  const webhooks = secrets.map((secret) => new Webhook(secret))
  return (body, headers) => {
    const signature = Object.fromEntries(
      SIGNATURE_HEADERS.flatMap((name) => (typeof headers[name] === 'string' ? [[name, headers[name]]] : [])),
    )
    return webhooks.some((webhook) => {
      try {
        webhook.verify(body, signature)
        return true
      } catch {
        return false
      }
    })
  }
}
