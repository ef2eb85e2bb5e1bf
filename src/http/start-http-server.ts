import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { answerClientError } from './answer-client-error.ts'
import { answerInTurn } from './answer-in-turn.ts'
import { crowdedOut } from './crowded-out.ts'
import { createOpenConnections, type OpenConnections } from './open-connections.ts'
import { slowReaders } from './slow-readers.ts'

/** The limits on one connection and on all of them (I12). */
export interface HttpLimits {
  /** URL and headers together. Node's 16 KiB hold 341 UUIDs in one GET (contract, trap 18); this holds 1,300. */
  maxHeaderBytes: number
  /** How long a whole request, body included, may take to arrive; 408 after that. */
  requestTimeoutMs: number
  /** The same for its headers alone: a client that trickles them holds a connection no longer than this. */
  headersTimeoutMs: number
  /** How often Node looks for requests past these times. */
  timeoutCheckMs: number
  /** Idle time between requests. Longer than the 60 s of common load balancers, so that they hang up first. */
  keepAliveTimeoutMs: number
  /** How long a request may pass without a byte in either direction, for example when a caller stops reading its answer. */
  stalledMs: number
  /** Limit on all answers that callers have not read yet; past it the slowest lose their connection. Five hundred events are 0.5 MB. */
  maxUnsentBytes: number
  /** How often the unread bytes are added up. Two cores make some 30 MB of answers in this time. */
  unsentCheckMs: number
  /** Open connections; past it those that wait for their callers are closed, the longest-waiting first (crowded-out.ts). */
  maxConnections: number
  /** Pipelined requests that wait for an earlier answer, on all connections; past it a connection that sends more is closed. */
  maxWaitingRequests: number
}

export const HTTP_LIMITS: HttpLimits = {
  maxHeaderBytes: 64 * 1024,
  requestTimeoutMs: 30_000,
  headersTimeoutMs: 15_000,
  timeoutCheckMs: 5_000,
  keepAliveTimeoutMs: 72_000,
  stalledMs: 30_000,
  maxUnsentBytes: 128 * 1024 * 1024,
  unsentCheckMs: 100,
  maxConnections: 5_000,
  maxWaitingRequests: 10_000,
}

export interface HttpServerOptions {
  app: RequestListener
  /** Default: all interfaces. */
  host?: string | undefined
  /** 0 picks any free port. */
  port: number
  limits?: Partial<HttpLimits>
}

export interface HttpServer {
  /** The URL for a client on this machine, without a trailing slash. */
  url: string
  port: number
  /**
   * Stops accepting, closes idle connections, waits up to `graceMs` for running requests, then cuts them off. Resolves with the
   * number of requests that were cut off, once every connection is closed.
   */
  stop: (graceMs: number) => Promise<{ cutOff: number }>
}

/** Listens; rejects with the reason and a remedy when the address is not available. */
export async function startHttpServer({ app, host, port, limits }: HttpServerOptions): Promise<HttpServer> {
  const effective: HttpLimits = { ...HTTP_LIMITS, ...limits }
  const server = createServer({
    maxHeaderSize: effective.maxHeaderBytes,
    requestTimeout: effective.requestTimeoutMs,
    headersTimeout: effective.headersTimeoutMs,
    connectionsCheckingInterval: effective.timeoutCheckMs,
    keepAliveTimeout: effective.keepAliveTimeoutMs,
    // Node's own answer to a missing Host header is not in Seam's shape, and no route depends on the host.
    requireHostHeader: false,
  })
  server.timeout = effective.stalledMs
  const stop = trackConnections(server, app, effective)
  await listen(server, host, port)
  const address = server.address() as AddressInfo
  return { url: urlOf(address), port: address.port, stop }
}

/** Keeps track of the connections, for `stop`, for the limits and for answering bytes that are no request. */
function trackConnections(server: Server, app: RequestListener, limits: HttpLimits): HttpServer['stop'] {
  const connections = createOpenConnections(() => performance.now())
  let stopping = false
  server.on('connection', (socket: Socket) => {
    if (connections.all.length >= limits.maxConnections && !makeRoom(connections)) socket.destroy()
    else connections.opened(socket)
  })
  answerInTurn(server, {
    connections,
    app: (request, response) => {
      if (stopping) response.setHeader('connection', 'close')
      app(request, response)
    },
    maxWaitingRequests: limits.maxWaitingRequests,
    onIdle: (socket) => {
      if (stopping) socket.destroySoon()
    },
  })
  const checking = setInterval(() => {
    for (const socket of slowReaders(connections.all, limits.maxUnsentBytes)) socket.destroy()
  }, limits.unsentCheckMs).unref()
  server.on('close', () => clearInterval(checking))
  server.on('clientError', (error, socket) => {
    if (!socket.writable || connections.isBusy(socket as Socket)) socket.destroy(error)
    else answerClientError(error, socket)
  })
  return async (graceMs) => {
    stopping = true
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const { socket, answers } of connections.all) {
      if (answers.length === 0) socket.destroy()
      for (const answer of answers) if (!answer.headersSent) answer.setHeader('connection', 'close')
    }
    let cutOff = 0
    const timer = setTimeout(() => {
      cutOff = connections.all.reduce((sum, { answers }) => sum + answers.length, 0)
      for (const { socket } of connections.all) socket.destroy()
    }, graceMs)
    await closed
    clearTimeout(timer)
    return { cutOff }
  }
}

/** Closes one in a hundred connections to make room, because each search looks at all of them. Returns whether it could close any. */
function makeRoom(connections: OpenConnections): boolean {
  const out = crowdedOut(connections.all, Math.ceil(connections.all.length / 100))
  for (const socket of out) connections.hangUp(socket)
  return out.length > 0
}

function listen(server: Server, host: string | undefined, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(new Error(bindProblem(cause, host, port), { cause })),
    )
    server.listen(port, host, () => {
      server.removeAllListeners('error')
      resolve()
    })
  })
}

function bindProblem(error: NodeJS.ErrnoException, host: string | undefined, port: number): string {
  const where = host === undefined ? `port ${port}` : `${host}, port ${port}`
  if (error.code === 'EADDRINUSE')
    return `Cannot listen on ${where}: something else does. Set PORT to a free one.`
  if (error.code === 'EACCES') return `Cannot listen on ${where}: not permitted. Set PORT to 1024 or higher.`
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND') {
    return `Cannot listen on ${where}: this machine has no such address. Set HOST to one it has, or leave it unset.`
  }
  return `Cannot listen on ${where}: ${error.message}`
}

function urlOf({ address, family, port }: AddressInfo): string {
  if (address === '::' || address === '0.0.0.0') return `http://localhost:${port}`
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`
}
