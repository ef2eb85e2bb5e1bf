import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import pg from 'pg'

/*
 * Does what PgBouncer does in transaction mode, in a hundred lines, so that the tests need nothing but npm. A client has a server
 * connection for the length of a transaction, and gets another one for the next. The service was also run behind PgBouncer 1.18 itself.
 */

export interface TransactionPooler {
  /** The target's URL with the pooler's address in it. */
  url: string
  /** Transactions so far. */
  transactions(): number
  /** Client connections that were refused for their settings. */
  refused(): number
  stop(): Promise<void>
}

/** What PgBouncer tracks; everything else it refuses. */
const TAKEN_SETTINGS = new Set([
  'user',
  'database',
  'application_name',
  'client_encoding',
  'DateStyle',
  'TimeZone',
  'standard_conforming_strings',
])

const SSL_REQUEST = 80_877_103
const QUERY_CANCELLED = 80_877_102
const TERMINATE = 0x58 // X
const READY_FOR_QUERY = 0x5a // Z
const IDLE = 0x49 // I

export async function startTransactionPooler(
  targetUrl: string,
  serverConnections: number,
): Promise<TransactionPooler> {
  const counts = { transactions: 0, refused: 0 }
  const servers = await Promise.all(Array.from({ length: serverConnections }, () => connectRaw(targetUrl)))
  const clients = new Set<Socket>()
  const idle = [...servers]
  const waiting: ((server: Socket) => void)[] = []

  const take = async (): Promise<Socket> => {
    counts.transactions += 1
    return idle.shift() ?? new Promise((resolve) => waiting.push(resolve))
  }
  const giveBack = (server: Socket): void => {
    const next = waiting.shift()
    if (next === undefined) idle.push(server)
    else next(server)
  }

  function serve(client: Socket): void {
    let server: Socket | null = null
    let isTaking = false
    let unsent: Buffer[] = []
    client.on('data', (data) => {
      if (server !== null) server.write(data)
      else if (!isTaking && data[0] === TERMINATE) client.end()
      else {
        unsent.push(data)
        if (!isTaking) void begin()
      }
    })
    async function begin(): Promise<void> {
      isTaking = true
      const taken = await take()
      const frames = new Frames()
      taken.on('data', (data) => {
        client.write(data)
        if (!frames.endsIdle(data)) return
        taken.removeAllListeners('data')
        server = null
        giveBack(taken)
      })
      isTaking = false
      server = taken
      for (const data of unsent) taken.write(data)
      unsent = []
    }
    // When a client leaves in the middle of a transaction, PgBouncer closes its server connection.
    client.on('close', () => server?.destroy())
  }

  const listener = createServer((client) => {
    clients.add(client)
    client.on('error', () => {})
    client.on('close', () => clients.delete(client))
    client.on('data', greet)
    function greet(data: Buffer): void {
      const code = data.readInt32BE(4)
      if (code === SSL_REQUEST) {
        client.write('N')
        return
      }
      if (code === QUERY_CANCELLED) {
        client.end()
        return
      }
      const refused = settingsIn(data).find((name) => !TAKEN_SETTINGS.has(name))
      if (refused !== undefined) {
        counts.refused += 1
        client.end(errorResponse(`unsupported startup parameter: ${refused}`))
        return
      }
      client.off('data', greet)
      client.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0])) // AuthenticationOk
      client.write(Buffer.from([READY_FOR_QUERY, 0, 0, 0, 5, IDLE]))
      serve(client)
    }
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const url = new URL(targetUrl)
  url.host = `127.0.0.1:${(listener.address() as AddressInfo).port}`
  return {
    url: url.href,
    transactions: () => counts.transactions,
    refused: () => counts.refused,
    stop: async () => {
      const closed = once(listener, 'close')
      listener.close()
      for (const socket of [...clients, ...servers]) socket.destroy()
      await closed
    },
  }
}

/** A connection that has logged in, as a bare socket: pg does the authentication. */
async function connectRaw(url: string): Promise<Socket> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { stream } = client.connection as unknown as { stream: Socket }
  stream.removeAllListeners()
  stream.on('error', () => {})
  return stream
}

/** The names in a startup message: length, version, then pairs of zero-terminated texts. */
function settingsIn(data: Buffer): string[] {
  const texts = data.toString('latin1', 8).split('\0')
  return texts.filter((text, i) => i % 2 === 0 && text !== '')
}

function errorResponse(message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C08P01\0M${message}\0\0`)
  const head = Buffer.alloc(5)
  head.write('E')
  head.writeInt32BE(4 + fields.length, 1)
  return Buffer.concat([head, fields])
}

/** Follows a server's messages through whatever pieces they arrive in. */
class Frames {
  #left = Buffer.alloc(0)

  /** True when the piece ends with the server waiting for the next transaction. */
  endsIdle(data: Buffer): boolean {
    let at = 0
    let isIdle = false
    const all = Buffer.concat([this.#left, data])
    while (all.length - at >= 5) {
      const length = 1 + all.readInt32BE(at + 1)
      if (all.length - at < length) break
      isIdle = all[at] === READY_FOR_QUERY && all[at + 5] === IDLE
      at += length
    }
    this.#left = all.subarray(at)
    return isIdle && this.#left.length === 0
  }
}
