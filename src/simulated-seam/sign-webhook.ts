import { Webhook } from 'svix'

/** Where events are pushed to. */
export interface WebhookEndpoint {
  url: string
  /** `whsec_` and the base64 of the signing key. */
  secret: string
}

/** One attempt to deliver: what is signed together. */
export interface Attempt {
  /** Constant over the attempts of a delivery. */
  messageId: string
  /** Unix milliseconds of this attempt. */
  timestampMs: number
  body: string
}

/**
 * The headers of one attempt (contract, section 14). Each attempt is signed afresh: the receiver refuses a timestamp that
 * is more than five minutes old.
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

/** Signs with a key that is nobody's. */
export function createStranger(keyBytes: readonly number[]): Webhook {
  return new Webhook(Buffer.from(keyBytes).toString('base64'))
}
