import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/** An open connection, and what is under way on it. */
export interface OpenConnection {
  socket: Socket
  /** Of whoever opened it: the caller or its proxy. */
  address: string | undefined
  /** Answers that are not sent yet, oldest first. Only the first is being made; pipelined requests wait for it. */
  answers: ServerResponse[]
  /** Since when the first of them is being made, or there is none; in milliseconds of `monotonicMs`. */
  sinceMs: number
}

export interface OpenConnections {
  all: readonly OpenConnection[]
  /** Requests that wait for the answer before theirs, on all connections together. */
  waiting(): number
  opened(socket: Socket): void
  /** Closes the connection; from now on it counts as closed. */
  hangUp(socket: Socket): void
  /** Whether the connection is in the middle of a request. */
  isBusy(socket: Socket): boolean
  /** Whether requests wait on it for the answer before theirs. */
  hasWaiting(socket: Socket): boolean
  /** Says whether the answer is to be made now: the one before it is sent. */
  answerBegun(response: ServerResponse, socket: Socket): boolean
  /** The answer that is to be made now. */
  answerEnded(response: ServerResponse, socket: Socket): ServerResponse | undefined
}

/**
 * Knows which connection is in the middle of a request.
 *
 * A list and no Map or Set, because each request would pass through it: when one of V8's outgrows its table, the table points to the
 * next one and keeps its entries. After a full garbage collection such a table may be old, and no small collection frees what hangs on
 * it: the requests and answers of all seconds since. Under webhooks that was 4.5 KB a request, a full collection every half second, and
 * 68 instead of 54 µs of CPU time for a delivery.
 */
export function createOpenConnections(monotonicMs: () => number): OpenConnections {
  const all: OpenConnection[] = []
  const bySocket = new WeakMap<Socket, OpenConnection>()
  let waiting = 0
  const remove = (connection: OpenConnection): void => {
    const at = all.indexOf(connection)
    if (at === -1) return
    const last = all.pop()
    if (last !== undefined && last !== connection) all[at] = last
    waiting -= Math.max(0, connection.answers.length - 1)
    connection.answers.length = 0
  }
  return {
    all,
    waiting: () => waiting,
    opened: (socket) => {
      // A socket that was asked once knows its address also when it is closed.
      const connection = { socket, address: socket.remoteAddress, answers: [], sinceMs: monotonicMs() }
      all.push(connection)
      bySocket.set(socket, connection)
      socket.on('close', () => remove(connection))
    },
    hangUp: (socket) => {
      const connection = bySocket.get(socket)
      if (connection !== undefined) remove(connection)
      socket.destroy()
    },
    isBusy: (socket) => (bySocket.get(socket)?.answers.length ?? 0) > 0,
    hasWaiting: (socket) => (bySocket.get(socket)?.answers.length ?? 0) > 1,
    answerBegun: (response, socket) => {
      const connection = bySocket.get(socket)
      if (connection === undefined) return false
      if (connection.answers.push(response) > 1) {
        waiting += 1
        return false
      }
      connection.sinceMs = monotonicMs()
      return true
    },
    answerEnded: (response, socket) => {
      const connection = bySocket.get(socket)
      const at = connection?.answers.indexOf(response) ?? -1
      if (connection === undefined || at === -1) return undefined
      connection.answers.splice(at, 1)
      connection.sinceMs = monotonicMs()
      const [next] = connection.answers
      if (next !== undefined) waiting -= 1
      return next
    },
  }
}
