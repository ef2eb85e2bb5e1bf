/** A clean stop may take this long. Then the process ends anyway, with exit code 1. */
const STOP_TIMEOUT_MS = 15_000
/**
 * A signal that repeats this soon counts as the same one: Ctrl-C reaches npm and its child, and npm passes it on; `timeout` signals its
 * child and then the whole group. Ending the process for a repeated signal would leave an embedded database running.
 */
const SAME_SIGNAL_MS = 1_000

/**
 * Stops once at SIGTERM, SIGINT or SIGHUP (the terminal was closed), then exits: 0 after a clean stop, 1 otherwise. Another signal, a
 * second later or more, ends the process at once.
 */
export function stopOnSignal(stop: (signal: NodeJS.Signals) => Promise<void>): void {
  let stoppingSinceMs: number | null = null
  const handle = (signal: NodeJS.Signals) => {
    if (stoppingSinceMs !== null) {
      if (performance.now() - stoppingSinceMs >= SAME_SIGNAL_MS) process.exit(1)
      return
    }
    stoppingSinceMs = performance.now()
    setTimeout(() => process.exit(1), STOP_TIMEOUT_MS).unref()
    stop(signal).then(
      () => process.exit(process.exitCode ?? 0),
      (error: unknown) => {
        process.stderr.write(
          `The stop was not clean: ${error instanceof Error ? error.message : String(error)}\n`,
        )
        process.exit(1)
      },
    )
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    // `bin/launch.js` has listened until now, when there was nothing to undo. The new listener comes before the old one goes: a signal that
    // is not delivered yet would be lost if for a moment nobody listened.
    const before = process.listeners(signal)
    process.on(signal, handle)
    for (const listener of before) process.off(signal, listener)
  }
}
