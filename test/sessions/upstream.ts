import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import { WORKSPACE_ID } from '../support/sample-event.ts'

export type Answer = (response: ServerResponse, request: IncomingMessage) => void | Promise<void>

export interface Upstream {
  url: string
  /** How the next requests are answered; a text is a JSON body. */
  workspace: string | Answer
  sessions: string | Answer
  /** Paths asked for, oldest first. */
  asked: string[]
}

/** A listing of these sessions as Seam answers it: objects, or exact texts. */
export function listing(...sessions: (object | string | null)[]): string {
  const texts = sessions.map((session) => (typeof session === 'string' ? session : JSON.stringify(session)))
  return `{"client_sessions":[${texts.join(',')}],"ok":true}`
}

export function workspaceAnswer(fields: Record<string, unknown> = {}): string {
  return JSON.stringify({ workspace: { workspace_id: WORKSPACE_ID, name: 'Hotel', ...fields }, ok: true })
}

/** A Seam that answers what the test says; it is stopped when the test ends. */
export async function startUpstream(): Promise<Upstream> {
  const upstream: Upstream = { url: '', workspace: workspaceAnswer(), sessions: listing(), asked: [] }
  const server = createServer({ keepAliveTimeout: 0 }, (request, response) => {
    const path = request.url?.split('?')[0] ?? ''
    upstream.asked.push(path)
    const answer = path === '/workspaces/get' ? upstream.workspace : upstream.sessions
    if (typeof answer === 'function') void answer(response, request)
    else response.setHeader('content-type', 'application/json').end(answer)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  upstream.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return upstream
}
