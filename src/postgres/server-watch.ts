/** Connections are given up for a refused write at most once in this time, because every server may refuse writes. */
export const RECONNECT_MS = 1_000

/**
 * After a failover, connections may stay open to the old server, which takes no more writes, while new ones reach its successor. When one
 * connection learns this, all connections of all pools that were open then are given up; those for reading would show an old state.
 */
export interface ServerWatch {
  /** Called when a connection has been opened. */
  opened(): WatchedConnection
}

export interface WatchedConnection {
  /** Called when the server has refused a write. */
  refusedWrite(): void
  /** Whether the connection's server was given up since the connection was opened. */
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
          // When a connection this new is refused, another one would be refused as well.
          if (now - openedAtMs >= RECONNECT_MS) leftAtMs = now
        },
        isLeft: () => openedAtMs <= leftAtMs,
      }
    },
  }
}

/** True when a writing statement has reached a standby, or a primary that was told to stop writing. Nothing of it was done. */
export function isWrongServer(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code, message } = error as Error & { code?: unknown }
  // A standby answers with the second code when a statement asks for a lock that no standby gives.
  return code === '25006' || (code === '55000' && /recovery is in progress/i.test(message))
}
