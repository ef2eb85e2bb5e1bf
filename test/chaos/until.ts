import { setTimeout } from 'node:timers/promises'

/**
 * How long the laboratory waits for something before it becomes a finding. It is long, so that a busy machine is no finding. The figures show
 * what takes longer than it should.
 */
export const PATIENCE_MS = 120_000

/** Waits until a condition holds, which it checks every `everyMs`. Returns false after `timeoutMs`. */
export async function until(
  isSo: () => boolean | Promise<boolean>,
  timeoutMs: number,
  everyMs = 25,
): Promise<boolean> {
  const giveUpAt = performance.now() + timeoutMs
  for (;;) {
    if (await isSo()) return true
    if (performance.now() > giveUpAt) return false
    await setTimeout(everyMs)
  }
}
