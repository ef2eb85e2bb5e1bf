import { createHmac, randomUUID } from 'node:crypto'
import { createEventTexts } from '../events/make-events.ts'

/** The bytes of so many webhook requests, each with an event of its own, signed now: good for five minutes (contract, 14). */
export function prepareDeliveries(url: string, secret: string, count: number): Buffer[] {
  const { host } = new URL(url)
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
  const timestamp = Math.floor(Date.now() / 1000)
  const nextText = createEventTexts()
  return Array.from({ length: count }, () => {
    const body = nextText()
    const id = `msg_${randomUUID()}`
    const signature = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')
    return Buffer.from(
      `POST /webhooks/seam HTTP/1.1\r\nhost: ${host}\r\nuser-agent: Svix-Webhooks/1.62.0\r\naccept: */*\r\n` +
        `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
        `svix-id: ${id}\r\nsvix-timestamp: ${timestamp}\r\nsvix-signature: v1,${signature}\r\n\r\n${body}`,
    )
  })
}
