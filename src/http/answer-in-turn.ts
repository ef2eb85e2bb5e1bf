import type { RequestListener, Server } from 'node:http'
import type { Socket } from 'node:net'
import type { OpenConnections } from './open-connections.ts'

export interface AnswerInTurnOptions {
  connections: OpenConnections
  app: RequestListener
  /** The limit on all connections together; a connection that sends more is closed. */
  maxWaitingRequests: number
  /** Called when a connection has no request left. */
  onIdle: (socket: Socket) => void
}

/**
 * Makes one answer at a time on each connection. Node hands over all pipelined requests at once: two hundred requests of a hundred
 * bytes would become two hundred answers of a megabyte, held in memory where no limit sees them. Here the second request waits until
 * the first answer is sent, and meanwhile nothing more is read.
 */
export function answerInTurn(
  server: Server,
  { connections, app, maxWaitingRequests, onIdle }: AnswerInTurnOptions,
): void {
  server.on('connection', (socket: Socket) => {
    // Node resumes a socket for reasons of its own, for example when a caller has read some of its answer.
    socket.on('resume', () => {
      if (connections.hasWaiting(socket)) socket.pause()
    })
  })
  server.on('request', (request, response) => {
    const { socket } = request
    response.on('close', () => {
      const next = connections.answerEnded(response, socket)
      // This also covers an answer that was marked as the connection's last.
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
