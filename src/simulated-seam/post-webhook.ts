import http from 'node:http'
import https from 'node:https'

/** Keeps connections open between deliveries, up to a maximum. */
export interface WebhookAgents {
  http: http.Agent
  https: https.Agent
}

export function createWebhookAgents(maxSockets: number): WebhookAgents {
  const options = { keepAlive: true, maxSockets }
  return { http: new http.Agent(options), https: new https.Agent(options) }
}

/**
 * Posts once and gives the HTTP status. Rejects when there is no answer within `timeoutMs` or no connection. Redirects
 * are not followed: only 2xx counts as delivered (contract, section 14).
 */
export function postWebhook(
  url: string,
  body: string,
  headers: Record<string, string>,
  { agents, timeoutMs }: { agents: WebhookAgents; timeoutMs: number },
): Promise<number> {
  const secure = url.startsWith('https:')
  const bytes = Buffer.from(body)
  return new Promise((resolve, reject) => {
    const options = {
      method: 'POST',
      agent: secure ? agents.https : agents.http,
      headers: { 'content-type': 'application/json', 'content-length': bytes.length, ...headers },
    }
    const request = (secure ? https : http).request(url, options)
    const timer = setTimeout(() => {
      request.destroy(new Error(`no answer from ${url} within ${timeoutMs} ms`))
    }, timeoutMs)
    request.on('response', (response) => {
      // Node keeps the connection only when the answer has been read to its end.
      response.resume()
      response.on('error', reject)
      response.on('end', () => resolve(response.statusCode ?? 0))
    })
    request.on('error', reject)
    request.on('close', () => {
      clearTimeout(timer)
      // Settles answers that were cut off without an error. It has no effect on answers that ended.
      reject(new Error(`connection to ${url} closed`))
    })
    request.end(bytes)
  })
}
