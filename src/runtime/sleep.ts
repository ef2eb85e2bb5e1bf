import { setTimeout } from 'node:timers/promises'

/** Waits, or until the signal fires, whichever is first; never rejects. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, signal === undefined ? {} : { signal }).catch(() => {})
}
