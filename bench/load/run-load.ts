import { once } from 'node:events'
import { type Socket, connect } from 'node:net'
import { createResponseReader } from './response-reader.ts'
import { percentile } from '../results/percentile.ts'

export interface LoadOptions {
  /** `http://host:port` */
  url: string
  connections: number
  /** The bytes of request number `i`. */
  request: (i: number) => Buffer
  /** The most requests to send. */
  count: number
  /** After this time no request is sent. */
  seconds: number
  /**
   * Null: a closed loop, in which each connection sends as soon as it has its answer. Otherwise an open loop, in which this many
   * requests fall due each second. A latency begins when its request falls due, so waiting for a free connection counts.
   */
  ratePerSecond: number | null
}

export interface LoadResult {
  /** Requests answered 2xx. */
  ok: number
  /** All other requests, by status. */
  failed: Record<string, number>
  /** The time from the first request to the last answer. */
  seconds: number
  p50Ms: number
  p99Ms: number
  /** The load generator's own CPU time for each request, in microseconds. It counts, because it runs on the same cores. */
  generatorMicros: number
}

/**
 * Sends load over raw sockets, with prepared bytes, one request in flight on each connection, and latencies in a typed array. The
 * load generator shares two cores with what it measures, and a full HTTP client would take half of one.
 */
export async function runLoad(options: LoadOptions): Promise<LoadResult> {
  const { url, connections, ratePerSecond } = options
  const sockets: Socket[] = []
  const { promise: finished, resolve: finish, reject: fail } = Promise.withResolvers<void>()
  const loop = createLoop(options, (k, bytes) => void sockets[k]?.write(bytes), finish)
  for (let k = 0; k < connections; k++) {
    const socket = await open(url)
    socket.on(
      'data',
      createResponseReader((status) => loop.onResponse(k, status)),
    )
    socket.on('error', fail)
    socket.on('close', () => fail(new Error('The service closed a connection during a run.')))
    sockets.push(socket)
  }
  const cpuBefore = process.cpuUsage()
  loop.begin()
  const timer = ratePerSecond === null ? undefined : setInterval(loop.sendDue, 1)
  try {
    await finished
  } finally {
    clearInterval(timer)
    for (const socket of sockets) socket.removeAllListeners('close').destroy()
  }
  const { user, system } = process.cpuUsage(cpuBefore)
  const { answered, ...result } = loop.result()
  return { ...result, generatorMicros: (user + system) / answered }
}

interface Loop {
  begin: () => void
  /** Sends all requests that are due, as long as a connection is idle. */
  sendDue: () => void
  /** Connection `k` has got its answer. */
  onResponse: (k: number, status: number) => void
  result: () => Omit<LoadResult, 'generatorMicros'> & { answered: number }
}

/** Decides when each connection sends, and notes how long the answers take. Calls `finish` after the last answer. */
function createLoop(
  { connections, request, count, seconds, ratePerSecond }: LoadOptions,
  send: (k: number, bytes: Buffer) => void,
  finish: () => void,
): Loop {
  const intervalMs = ratePerSecond === null ? null : 1000 / ratePerSecond
  const latencies = new Float64Array(count)
  const startedAt = new Float64Array(connections)
  const failed: Record<string, number> = {}
  const idle = Array.from({ length: connections }, (_, k) => k)
  let [sent, answered, ok, begin, end] = [0, 0, 0, 0, 0]

  const isOver = (now: number): boolean => sent >= count || now >= begin + seconds * 1000
  const sendOn = (k: number, now: number): boolean => {
    if (isOver(now)) return false
    const dueAt = intervalMs === null ? now : begin + sent * intervalMs
    if (dueAt > now) return false
    startedAt[k] = dueAt
    send(k, request(sent))
    sent += 1
    return true
  }
  const sendDue = (): void => {
    const now = performance.now()
    while (idle.length > 0 && sendOn(idle.at(-1) as number, now)) idle.pop()
    if (idle.length === connections && isOver(now)) finish()
  }
  return {
    begin: () => {
      begin = performance.now()
      sendDue()
    },
    sendDue,
    onResponse: (k, status) => {
      const now = performance.now()
      latencies[answered] = now - (startedAt[k] ?? now)
      answered += 1
      end = now
      if (status >= 200 && status < 300) ok += 1
      else failed[status] = (failed[status] ?? 0) + 1
      if (sendOn(k, now)) return
      idle.push(k)
      if (idle.length === connections && isOver(now)) finish()
    },
    result: () => {
      const sorted = latencies.subarray(0, answered).toSorted()
      const [p50Ms, p99Ms] = [percentile(sorted, 0.5), percentile(sorted, 0.99)]
      return { ok, failed, seconds: (end - begin) / 1000, p50Ms, p99Ms, answered }
    },
  }
}

async function open(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  await once(socket, 'connect')
  return socket
}
