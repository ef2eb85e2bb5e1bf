import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'

export interface ConnectProxy {
  /** host:port */
  address: string
  /** The targets of the tunnels asked for so far. */
  targets: string[]
  /** What `Proxy-Authorization` said, for each of them. */
  authorizations: (string | undefined)[]
  stop(): Promise<void>
}

/** An HTTP proxy that opens tunnels. Only it knows where the names of `hosts` are. With a status, it refuses. */
export async function startConnectProxy(
  hosts: Readonly<Record<string, string>>,
  refuseWith?: number,
): Promise<ConnectProxy> {
  const [targets, authorizations]: [string[], (string | undefined)[]] = [[], []]
  const sockets = new Set<Socket>()
  const server = createServer((_request, response) => response.writeHead(501).end())
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    targets.push(request.url ?? '')
    authorizations.push(request.headers['proxy-authorization'])
    if (refuseWith !== undefined) {
      client.end(`HTTP/1.1 ${refuseWith} Refused\r\n\r\n`)
      return
    }
    const { hostname, port } = new URL(hosts[request.url ?? ''] ?? `http://${request.url}`)
    const upstream = connect(Number(port), hostname, () => client.write('HTTP/1.1 200 OK\r\n\r\n'))
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => other.destroy())
      socket.pipe(other)
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    targets,
    authorizations,
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
