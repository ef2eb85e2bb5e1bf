import { once } from 'node:events'
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isUuid } from '../../src/domain/uuid.ts'
import type { Ledger } from './ledger.ts'

/** The load balancer in front of the replicas. Seam knows only its address. */
export interface Balancer {
  url: string
  stop(): Promise<void>
}

/**
 * Forwards each delivery once, to the next of the running replicas. When something goes wrong, the sender has to repeat it. It answers 502
 * when the replica gave no answer, and 503 when no replica runs.
 */
export async function startBalancer(targets: () => readonly string[], ledger: Ledger): Promise<Balancer> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  let turn = 0
  const server = createServer((message, response) => {
    const target = targets()[turn++ % Math.max(1, targets().length)]
    forward(message, response, target).catch(() => response.destroy())
  })

  async function forward(message: IncomingMessage, response: ServerResponse, target: string | undefined) {
    const body = Buffer.concat(await message.toArray())
    if (target === undefined) {
      response.writeHead(503).end()
      return
    }
    const status = await post(`${target}${message.url}`, message, body, response)
    ledger.note(status, eventIdIn(body))
    if (!response.destroyed) response.writeHead(status === 0 ? 502 : status).end()
  }

  /** The status, once the whole answer has arrived; 0 when there is no answer. */
  function post(url: string, { headers }: IncomingMessage, body: Buffer, response: ServerResponse) {
    return new Promise<number>((resolve) => {
      const failed = () => resolve(0)
      const sent = request(url, { method: 'POST', agent, headers }, (answer) => {
        answer.on('error', failed)
        answer.on('end', () => resolve(answer.statusCode ?? 0))
        answer.resume()
      })
      sent.on('error', failed)
      sent.on('close', failed)
      // The sender has given up.
      response.on('close', () => sent.destroy())
      sent.end(body)
    })
  }

  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => {
      agent.destroy()
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function eventIdIn(body: Buffer): string | null {
  try {
    const { event_id: id } = JSON.parse(body.toString()) as { event_id?: unknown }
    return isUuid(id) ? id : null
  } catch {
    // This body is broken on purpose.
    return null
  }
}
