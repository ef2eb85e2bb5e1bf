import type { Logger } from 'pino'
import { sleep } from '../runtime/sleep.ts'
import { ForeignArrivalsError } from '../store/events/read-arrivals.ts'
import type { Feed } from './feed.ts'
import type { FeedSource } from './feed-source.ts'

export interface FeedReader {
  /** Rejects when the first read failed; then nothing is read any more. */
  feed: Promise<Feed>
  /** Reads at once: something was stored. */
  wake: () => void
  stop: () => Promise<void>
}

/** What other replicas store, and what was held back by an older transaction, is noticed this late. */
export const POLL_MS = 250
/** Between two reads, however many commits there are: 50 a second at most. */
const PAUSE_MS = 20
const PAUSE_AFTER_FAILURE_MS = 1_000

/** Reads a workspace's arrivals into its feed until it is stopped: every 250 ms, and at once after a commit of this replica. */
export function startFeedReader({ open, readOn }: FeedSource, logger: Logger): FeedReader {
  const stopping = new AbortController()
  const { signal } = stopping
  let isFailing = false
  let isWoken = false
  let wakeUp: (() => void) | null = null

  async function readOrRecover(feed: Feed): Promise<boolean> {
    try {
      const hasMore = await readOn(feed)
      isFailing = false
      feed.mend()
      return hasMore
    } catch (error) {
      if (error instanceof ForeignArrivalsError) feed.break(error)
      if (!isFailing)
        logger.warn({ error }, 'the live feed could not be read; it goes on as soon as it can be')
      isFailing = true
      return false
    }
  }

  function pollOrWake(): Promise<void> {
    if (isWoken || signal.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, POLL_MS)
      signal.addEventListener('abort', done)
      wakeUp = done
    })
  }

  async function run(feed: Feed): Promise<void> {
    while (!signal.aborted) {
      isWoken = false
      if (await readOrRecover(feed)) continue
      await sleep(isFailing ? PAUSE_AFTER_FAILURE_MS : PAUSE_MS, signal)
      await pollOrWake()
    }
  }

  const opening = open()
  const running = opening.then(run, () => {})
  return {
    feed: opening,
    wake: () => {
      isWoken = true
      wakeUp?.()
    },
    stop: async () => {
      stopping.abort()
      await running
    },
  }
}
