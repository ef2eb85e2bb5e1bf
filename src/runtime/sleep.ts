import { setTimeout } from 'node:timers/promises'

/** Waits for `ms`, or until the signal fires; never rejects. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>

/** Waits until the time is over or the signal fires; never rejects. */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, signal === undefined ? {} : { signal }).catch(() => {})
}
