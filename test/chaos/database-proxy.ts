import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import type { Random } from '../../src/simulated-seam/random.ts'

/** The network between one replica and Postgres. */
export interface DatabaseProxy {
  port: number
  /** Breaks and refuses connections, until every caller has undone its call. */
  refuse(who: string): Promise<void>
  allow(who: string): Promise<void>
  /** Silently stops forwarding: sockets stay open and new ones are accepted, but nothing arrives. */
  silence(): void
  /** Forwards what has piled up, or with `break` cuts every connection instead. */
  endSilence(how: 'deliver' | 'break'): void
  /** Cuts one connection. Returns false when there is none. */
  cutOne(random: Random): boolean
  stop(): Promise<void>
}

type Pair = readonly [Socket, Socket]

export async function startDatabaseProxy(target: URL): Promise<DatabaseProxy> {
  const pairs = new Set<Pair>()
  const refusedBy = new Set<string>()
  let isSilent = false
  let server: Server | null = null
  let port = 0

  function join(client: Socket): void {
    const upstream = connect(Number(target.port), target.hostname)
    const pair: Pair = [client, upstream]
    pairs.add(pair)
    forward(client, upstream)
    forward(upstream, client)
    const end = () => {
      pairs.delete(pair)
      client.destroy()
      upstream.destroy()
    }
    for (const socket of pair) {
      socket.on('error', () => {})
      socket.on('close', end)
      if (isSilent) socket.pause()
    }
  }

  // `pipe` is not used, because it would resume a paused socket by itself.
  function forward(from: Socket, to: Socket): void {
    from.on('data', (chunk) => void to.write(chunk))
    from.on('end', () => to.end())
  }

  function cutAll(): void {
    for (const pair of pairs) for (const socket of pair) socket.destroy()
  }

  async function listen(): Promise<void> {
    const listening = createServer(join)
    server = listening
    listening.listen(port, '127.0.0.1')
    await once(listening, 'listening')
    port = (listening.address() as AddressInfo).port
  }

  async function close(): Promise<void> {
    const closing = server
    server = null
    if (closing === null) return
    const closed = once(closing, 'close')
    closing.close()
    cutAll()
    await closed
  }

  await listen()
  return {
    port,
    refuse: async (who) => {
      refusedBy.add(who)
      await close()
    },
    allow: async (who) => {
      refusedBy.delete(who)
      if (refusedBy.size === 0 && server === null) await listen()
    },
    silence: () => {
      isSilent = true
      for (const pair of pairs) for (const socket of pair) socket.pause()
    },
    endSilence: (how) => {
      isSilent = false
      if (how === 'break') cutAll()
      else for (const pair of pairs) for (const socket of pair) socket.resume()
    },
    cutOne: (random) => {
      if (pairs.size === 0) return false
      const pair = random.pick([...pairs])
      for (const socket of pair) socket.destroy()
      return true
    },
    stop: close,
  }
}
