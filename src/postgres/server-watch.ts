/** A connection that refuses writes is given up for this reason at most once in this time: all servers may refuse them. */
const RECONNECT_MS = 1_000

/**
 * After a failover, connections may stay open to the old server, which takes no writes any more, while new ones reach its successor.
 * What one connection learns holds for all that were open then, of all pools: those for reading would show an old state.
 */
export interface ServerWatch {
  /** To be called when a connection is open. */
  opened(): WatchedConnection
}

export interface WatchedConnection {
  /** It was told that its server takes no writes. */
  refusedWrite(): void
  /** Whether its server was left since it was opened. */
  isLeft(): boolean
}

export function createServerWatch(monotonicMs: () => number): ServerWatch {
  let leftAtMs = -Infinity
  return {
    opened: () => {
      const openedAtMs = monotonicMs()
      return {
        refusedWrite: () => {
          const now = monotonicMs()
          // A new connection that says so is no worse than the next would be.
          if (now - openedAtMs >= RECONNECT_MS) leftAtMs = now
        },
        isLeft: () => openedAtMs <= leftAtMs,
      }
    },
  }
}

/** A statement that writes has reached a standby, or a primary that was told to stop writing; nothing of it was done. */
export function isWrongServer(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code, message } = error as Error & { code?: unknown }
  // A standby says the second of locks that it gives to nobody.
  return code === '25006' || (code === '55000' && /recovery is in progress/i.test(message))
}
