import { Agent, request } from 'node:http'
import { sampleEvent, WORKSPACE_ID } from './sample-event.ts'
import { signDelivery } from './sign-delivery.ts'

interface StreamResult {
  /** Ids of the events that were answered 2xx. */
  acknowledged: string[]
  /** Every other status. */
  refused: number[]
  /** Codes of the requests that got no answer (ECONNREFUSED, ECONNRESET, …). */
  unanswered: string[]
}

export interface WebhookStream {
  result: StreamResult
  /** Resolves when every connection has given up: after `stop`, or when the service cannot be reached any more. */
  ended: Promise<void>
  stop(): void
}

/** Sends signed events over several connections. Each sends the next one as soon as the last was answered. */
export function streamWebhooks(
  baseUrl: string,
  connections: number,
  workspaceId: string = WORKSPACE_ID,
): WebhookStream {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const result: StreamResult = { acknowledged: [], refused: [], unanswered: [] }
  const stopping = new AbortController()
  async function sendAll(): Promise<void> {
    while (!stopping.signal.aborted) {
      const event = sampleEvent({ workspace_id: workspaceId })
      const answer = await post(agent, `${baseUrl}/webhooks/seam`, JSON.stringify(event))
      if (typeof answer === 'string') {
        result.unanswered.push(answer)
        if (answer === 'ECONNREFUSED') return
      } else if (answer >= 200 && answer < 300) result.acknowledged.push(event.event_id)
      else result.refused.push(answer)
    }
  }
  const ended = Promise.all(Array.from({ length: connections }, sendAll)).then(() => agent.destroy())
  return {
    result,
    ended,
    stop: () => stopping.abort(),
  }
}

/** The status once the whole answer has arrived, or the error's code when there is no answer. */
function post(agent: Agent, url: string, body: string): Promise<number | string> {
  return new Promise((resolve) => {
    const failed = (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message)
    const sent = request(url, { method: 'POST', agent, headers: signDelivery(body) }, (response) => {
      response.on('error', failed)
      response.on('end', () => resolve(response.statusCode ?? 0))
      response.resume()
    })
    sent.on('error', failed)
    sent.end(body)
  })
}
