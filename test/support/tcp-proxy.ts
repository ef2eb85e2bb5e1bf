import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

export interface TcpProxy {
  /** The target's URL with the proxy's address in it. */
  url: string
  /** Breaks every connection and refuses new ones: the server behind it is gone. */
  cut(): Promise<void>
  /** Undoes `cut`, on the same port. */
  restore(): Promise<void>
  stop(): Promise<void>
}

/** A way to take a server away and bring it back while everybody else keeps using it. */
export async function startTcpProxy(targetUrl: string): Promise<TcpProxy> {
  const target = new URL(targetUrl)
  const sockets = new Set<Socket>()
  let server: Server | null = null
  let port = 0

  async function listen(): Promise<void> {
    server = createServer((client) => {
      const upstream = connect(Number(target.port), target.hostname)
      for (const [socket, other] of [
        [client, upstream],
        [upstream, client],
      ] as const) {
        sockets.add(socket)
        socket.on('error', () => {})
        socket.on('close', () => {
          sockets.delete(socket)
          other.destroy()
        })
        socket.pipe(other)
      }
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  }
  async function cut(): Promise<void> {
    if (server === null) return
    const closed = once(server, 'close')
    server.close()
    server = null
    for (const socket of sockets) socket.destroy()
    await closed
  }

  await listen()
  const url = new URL(targetUrl)
  url.host = `127.0.0.1:${port}`
  return { url: url.href, cut, restore: listen, stop: cut }
}
