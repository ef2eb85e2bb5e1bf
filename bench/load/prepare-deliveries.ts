import { createHmac, randomUUID } from 'node:crypto'
import { createEventTexts } from '../events/make-events.ts'

/** How long prepared deliveries are used. Their signatures are good for five minutes (contract, 14), and a run lasts seconds. */
const GOOD_FOR_MS = 120_000

let kept: { secret: string; at: number; deliveries: Buffer[] } | null = null

/**
 * Prepares the bytes of at least `count` webhook requests, each with an event of its own. Preparing takes as long as a short run,
 * so the next run gets the same requests: it begins with an empty table as well.
 */
export function prepareDeliveries(secret: string, count: number): Buffer[] {
  const now = Date.now()
  const isGood = kept?.secret === secret && now - kept.at < GOOD_FOR_MS && kept.deliveries.length >= count
  if (kept === null || !isGood) kept = { secret, at: now, deliveries: signedRequests(secret, count) }
  return kept.deliveries
}

function signedRequests(secret: string, count: number): Buffer[] {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const timestamp = Math.floor(Date.now() / 1000)
  const nextText = createEventTexts()
  return Array.from({ length: count }, () => {
    const body = nextText()
    const id = `msg_${randomUUID()}`
    const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
    return Buffer.from(
      `POST /webhooks/seam HTTP/1.1\r\nhost: mirror.example\r\nuser-agent: Svix-Webhooks/1.62.0\r\naccept: */*\r\n` +
        `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
        `svix-id: ${id}\r\nsvix-timestamp: ${timestamp}\r\nsvix-signature: v1,${signature}\r\n\r\n${body}`,
    )
  })
}
