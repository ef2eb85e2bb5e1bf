import { Webhook } from 'svix'

/** An endpoint that events are pushed to. */
export interface WebhookEndpoint {
  url: string
  /** `whsec_` and the base64 of the signing key. */
  secret: string
}

/** One attempt to deliver: the parts that are signed together. */
export interface Attempt {
  /** The same for all attempts of a delivery. */
  messageId: string
  /** Unix milliseconds of this attempt. */
  timestampMs: number
  body: string
}

/**
 * The headers of one attempt (contract, section 14). Each attempt is signed anew, because receivers refuse a timestamp
 * that is more than five minutes old.
 */
export function signWebhook(
  signer: Webhook,
  { messageId, timestampMs, body }: Attempt,
): Record<string, string> {
  return {
    'svix-id': messageId,
    'svix-timestamp': String(Math.floor(timestampMs / 1000)),
    'svix-signature': signer.sign(messageId, new Date(timestampMs), body),
  }
}

/** A signer for each URL. Throws when a secret is not base64. */
export function createSigners(endpoints: readonly WebhookEndpoint[]): Map<string, Webhook> {
  return new Map(endpoints.map(({ url, secret }) => [url, new Webhook(secret)]))
}

/** Signs with a key that belongs to nobody. */
export function createStranger(keyBytes: readonly number[]): Webhook {
  return new Webhook(Buffer.from(keyBytes).toString('base64'))
}
