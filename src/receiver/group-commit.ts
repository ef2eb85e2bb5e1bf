/** What is waiting or under way is at its limit, or the receiver is stopping: the sender should come back soon. */
export class OverloadedError extends Error {
  override readonly name = 'OverloadedError'
}

export interface GroupCommitOptions<Item> {
  /** Makes a batch durable, all of it or none. */
  flush: (items: Item[]) => Promise<void>
  /** Flushes under way at the same time. More than one lets the database work while the next batch is being made. */
  maxFlushes: number
  maxBatchItems: number
  /** Items waiting for a flush, beyond the batches under way. */
  maxWaitingItems: number
  maxWaitingBytes: number
  /**
   * How long an item may wait for a flush to begin. While the network to the database is silent, flushes end by their timeout; without
   * this, what waited for one would wait for the next one's as well, and the sender would have hung up long before.
   */
  maxWaitMs: number
  monotonicMs: () => number
}

export interface GroupCommit<Item> {
  /** Resolves once the item is durable; rejects with the flush's error, or with OverloadedError at once. */
  submit(item: Item, bytes: number): Promise<void>
  /** Takes nothing more, and resolves when all that was taken is durable or has failed. */
  drain(): Promise<void>
}

interface Waiting<Item> {
  item: Item
  bytes: number
  submittedMs: number
  resolve: () => void
  reject: (error: unknown) => void
}

/**
 * Group commit: what arrives while as many flushes as allowed are under way forms the next batch. There is no timer, so an idle service adds no
 * delay, and the busier it is the more share one commit.
 */
export function createGroupCommit<Item>(options: GroupCommitOptions<Item>): GroupCommit<Item> {
  const { flush, maxFlushes, maxBatchItems, maxWaitingItems, maxWaitingBytes, maxWaitMs, monotonicMs } =
    options
  let waiting: Waiting<Item>[] = []
  let waitingBytes = 0
  let flushers = 0
  const flushing = new Set<Promise<void>>()
  let draining = false

  function take(count: number): Waiting<Item>[] {
    const taken = waiting.slice(0, count)
    waiting = waiting.slice(count)
    waitingBytes -= taken.reduce((sum, { bytes }) => sum + bytes, 0)
    return taken
  }

  /** They came in order, so those that have waited too long are the first. */
  function refuseOverdue(): void {
    const since = monotonicMs() - maxWaitMs
    const first = waiting.findIndex(({ submittedMs }) => submittedMs >= since)
    for (const { reject } of take(first === -1 ? waiting.length : first))
      reject(new OverloadedError('The database takes too long to store deliveries.'))
  }

  async function flushAll(): Promise<void> {
    await endOfMicrotasks()
    for (refuseOverdue(); waiting.length > 0; refuseOverdue()) {
      const batch = take(maxBatchItems)
      try {
        await flush(batch.map(({ item }) => item))
        for (const { resolve } of batch) resolve()
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
    // At once after the last look at what waits: what is submitted from now on begins a flush of its own.
    flushers -= 1
  }

  function startFlusher(): void {
    flushers += 1
    const flusher = flushAll().finally(() => flushing.delete(flusher))
    flushing.add(flusher)
  }

  return {
    submit: (item, bytes) => {
      if (draining) return Promise.reject(new OverloadedError('The receiver is stopping.'))
      if (waiting.length >= maxWaitingItems || waitingBytes + bytes > maxWaitingBytes) {
        return Promise.reject(new OverloadedError('Too many deliveries are waiting to be stored.'))
      }
      return new Promise((resolve, reject) => {
        waiting.push({ item, bytes, submittedMs: monotonicMs(), resolve, reject })
        waitingBytes += bytes
        if (flushers < maxFlushes) startFlusher()
      })
    },
    drain: async () => {
      draining = true
      await Promise.all(flushing)
    },
  }
}

/** When what can run without waiting for anything has run: whoever is about to submit has done so, and shares the flush. */
function endOfMicrotasks(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve))
}
