/** Longest a clean stop may take before the process ends anyway, with exit code 1. */
const STOP_TIMEOUT_MS = 15_000

/**
 * Stops once at SIGTERM or SIGINT, then exits: 0 after a clean stop, 1 otherwise. A second signal ends the process at once.
 */
export function stopOnSignal(stop: (signal: NodeJS.Signals) => Promise<void>): void {
  let stopping = false
  const handle = (signal: NodeJS.Signals) => {
    if (stopping) process.exit(1)
    stopping = true
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
  process.on('SIGTERM', handle)
  process.on('SIGINT', handle)
}
