import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

export interface TcpProxy {
  /** The target's URL with the proxy's address in it. */
  url: string
  /** Breaks every connection and refuses new ones: the server behind it is gone. */
  cut(): Promise<void>
  /** Undoes `cut`, on the same port. With a URL, it leads to the server there, as the old one's successor. */
  restore(newTargetUrl?: string): Promise<void>
  /** New connections go to the server at this URL. Open ones stay with the old server. */
  moveTo(newTargetUrl: string): void
  /**
   * Stops forwarding in both directions without closing or refusing a socket, as a network that has gone silent.
   * With `{ onlyOpen: true }` only the open connections stop and new ones work, as with a server that has moved.
   */
  silence(options?: { onlyOpen?: boolean }): void
  /** Undoes `silence`. What was sent meanwhile arrives. */
  resume(): void
  stop(): Promise<void>
}

/** A way to take a server away and bring it back while everybody else keeps using it. */
export async function startTcpProxy(targetUrl: string): Promise<TcpProxy> {
  let target = new URL(targetUrl)
  const sockets = new Set<Socket>()
  const silenced = new Set<Socket>()
  let isSilent = false
  const resumes = new WeakMap<Socket, () => void>()
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
          silenced.delete(socket)
          // A silent network does not even tell of the end of a connection.
          if (!silenced.has(other)) other.destroy()
        })
        if (isSilent) silenced.add(socket)
        else socket.pipe(other)
        resumes.set(socket, () => {
          if (other.destroyed) socket.destroy()
          else socket.pipe(other)
        })
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

  function silence({ onlyOpen = false } = {}): void {
    isSilent = !onlyOpen
    for (const socket of sockets) {
      socket.unpipe()
      socket.pause()
      silenced.add(socket)
    }
  }
  function resume(): void {
    isSilent = false
    const all = [...silenced]
    silenced.clear()
    for (const socket of all) resumes.get(socket)?.()
  }

  await listen()
  const url = new URL(targetUrl)
  url.host = `127.0.0.1:${port}`
  return {
    url: url.href,
    cut,
    restore: async (newTargetUrl) => {
      if (newTargetUrl !== undefined) target = new URL(newTargetUrl)
      await listen()
    },
    moveTo: (newTargetUrl) => {
      target = new URL(newTargetUrl)
    },
    silence,
    resume,
    stop: cut,
  }
}
