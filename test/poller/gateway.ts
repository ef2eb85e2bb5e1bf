import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { openSeamClient, type SeamClient } from '../../src/seam/open-seam-client.ts'
import type { SimulatedSeam } from '../../src/simulated-seam/start-simulated-seam.ts'

export interface Passing {
  url: URL
  /** What Seam answers. */
  body: Buffer
  date: string
  response: ServerResponse
}

/**
 * Starts a proxy in front of Seam that may change each answer to `/events/list`. It has sent the answer itself when the function returns
 * true. It is closed when the test ends.
 */
export async function gatewayTo(
  seam: SimulatedSeam,
  handle: (passing: Passing) => boolean | Promise<boolean>,
  timeoutMs = 30_000,
): Promise<SeamClient> {
  const server = createServer((request, response) => void pass(request, response))
  async function pass(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', seam.url)
    const answer = await fetch(url, { headers: { authorization: request.headers.authorization ?? '' } })
    const body = Buffer.from(await answer.arrayBuffer())
    const date = answer.headers.get('date') ?? ''
    const isList = url.pathname === '/events/list'
    if (isList && (await handle({ url, body, date, response }))) return
    response.sendDate = false
    response.writeHead(answer.status, { 'content-type': 'application/json', date }).end(body)
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return openSeamClient({
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    credentials: { kind: 'api_key', apiKey: seam.apiKey },
    timeoutMs,
  })
}
