import { randomUUID } from 'node:crypto'
import { Webhook } from 'svix'

/** Signing secrets as Seam issues them: `whsec_` and 24 bytes as base64. */
export const WEBHOOK_SECRET = secretOf('the secret of most tests')
export const OTHER_WEBHOOK_SECRET = secretOf('another secret, 24 bytes')

export interface SignOptions {
  secret?: string
  /** Constant over the attempts of a delivery. */
  messageId?: string
  signedAt?: Date
  /** Which spelling the headers have (contract, 14). */
  prefix?: 'svix' | 'webhook'
}

/** The headers of one delivery of these bytes, signed the way Svix does it for Seam. */
export function signDelivery(body: string, options: SignOptions = {}): Record<string, string> {
  const { secret = WEBHOOK_SECRET, messageId = `msg_${randomUUID()}` } = options
  const { signedAt = new Date(), prefix = 'svix' } = options
  return {
    'content-type': 'application/json',
    [`${prefix}-id`]: messageId,
    [`${prefix}-timestamp`]: String(Math.floor(signedAt.getTime() / 1000)),
    [`${prefix}-signature`]: new Webhook(secret).sign(messageId, signedAt, body),
  }
}

export interface DeliveryOptions extends SignOptions {
  /** Default: /webhooks/seam. */
  path?: string
}

/** Signs and sends one delivery; an object is sent as its JSON. */
export function deliver(
  baseUrl: string,
  event: Record<string, unknown> | string,
  { path = '/webhooks/seam', ...sign }: DeliveryOptions = {},
): Promise<Response> {
  const body = typeof event === 'string' ? event : JSON.stringify(event)
  return fetch(`${baseUrl}${path}`, { method: 'POST', headers: signDelivery(body, sign), body })
}

function secretOf(text: string): string {
  return `whsec_${Buffer.from(text).toString('base64')}`
}
