import { setTimeout } from 'node:timers/promises'

/**
 * How long the laboratory waits for what must happen by itself before it calls it a finding: so long that a busy machine is none.
 * What takes longer than it should shows in the figures.
 */
export const PATIENCE_MS = 120_000

/** Waits until something is so, looking every `everyMs`; false when `timeoutMs` have passed without it. */
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
