import { setTimeout } from 'node:timers/promises'

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
