import http from 'node:http'
import type { AddressInfo } from 'node:net'

import { Webhook } from 'svix'
import { onTestFinished } from 'vitest'

export interface Received {
  headers: Record<string, string>
  body: string
  event: { event_id: string }
}

export interface Receiver {
  url: string
  secret: string
  /** In order of arrival. */
  received: Received[]
  /** Throws unless the request is signed with the receiver's secret. */
  verify(received: Received): void
}

/** An endpoint that lives as long as the test; `answer` gives the status for the request with this index. */
export async function startReceiver(
  answer: (index: number, received: Received) => number = () => 204,
): Promise<Receiver> {
  const secret = `whsec_${Buffer.from('a secret of twenty-four b').toString('base64')}`
  const received: Received[] = []
  const server = http.createServer({ keepAliveTimeout: 0 }, (request, response) => {
    void (async () => {
      const body = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>)).toString()
      const one = { headers: request.headers as Record<string, string>, body, event: JSON.parse(body) }
      received.push(one)
      response.writeHead(answer(received.length - 1, one)).end()
    })()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    await new Promise((resolve) => {
      server.close(resolve)
      server.closeAllConnections()
    })
  })
  const { port } = server.address() as AddressInfo
  const webhook = new Webhook(secret)
  return {
    url: `http://127.0.0.1:${port}/webhooks/seam`,
    secret,
    received,
    verify: (one) => webhook.verify(one.body, one.headers),
  }
}
