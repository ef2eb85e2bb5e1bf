import type { RequestListener, Server } from 'node:http'
import type { Socket } from 'node:net'
import type { OpenConnections } from './open-connections.ts'

export interface AnswerInTurnOptions {
  connections: OpenConnections
  app: RequestListener
  /** On all connections together; a connection that sends more is closed. */
  maxWaitingRequests: number
  /** Told when a connection has no request left. */
  onIdle: (socket: Socket) => void
}

/**
 * Makes one answer at a time on each connection. Node hands over all requests that a caller has pipelined: two hundred of a hundred
 * bytes each would become two hundred answers of a megabyte, which wait in memory where no limit sees them. Here the second waits until
 * the first is sent, and no more is read meanwhile.
 */
export function answerInTurn(
  server: Server,
  { connections, app, maxWaitingRequests, onIdle }: AnswerInTurnOptions,
): void {
  server.on('connection', (socket: Socket) => {
    // Node resumes a socket for reasons of its own, such as a caller that has read some of its answer.
    socket.on('resume', () => {
      if (connections.hasWaiting(socket)) socket.pause()
    })
  })
  server.on('request', (request, response) => {
    const { socket } = request
    response.on('close', () => {
      const next = connections.answerEnded(response, socket)
      // Also after an answer that was told to be the connection's last.
      if (socket.destroyed || socket.writableEnded) return
      if (next === undefined) {
        onIdle(socket)
        return
      }
      if (!connections.hasWaiting(socket)) socket.resume()
      app(next.req, next)
    })
    if (connections.answerBegun(response, socket)) app(request, response)
    else if (connections.waiting() > maxWaitingRequests) connections.hangUp(socket)
    else socket.pause()
  })
}
