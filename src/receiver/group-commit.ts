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
  resolve: () => void
  reject: (error: unknown) => void
}

/**
 * Group commit: what arrives while as many flushes as allowed are under way forms the next batch. There is no timer, so an idle service adds no
 * delay, and the busier it is the more share one commit.
 */
export function createGroupCommit<Item>(options: GroupCommitOptions<Item>): GroupCommit<Item> {
  const { flush, maxFlushes, maxBatchItems, maxWaitingItems, maxWaitingBytes } = options
  let waiting: Waiting<Item>[] = []
  let waitingBytes = 0
  const flushing = new Set<Promise<void>>()
  let draining = false

  async function flushAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, maxBatchItems)
      waiting = waiting.slice(maxBatchItems)
      waitingBytes -= batch.reduce((sum, { bytes }) => sum + bytes, 0)
      try {
        await flush(batch.map(({ item }) => item))
        for (const { resolve } of batch) resolve()
      } catch (error) {
        for (const { reject } of batch) reject(error)
      }
    }
  }

  return {
    submit: (item, bytes) => {
      if (draining) return Promise.reject(new OverloadedError('The receiver is stopping.'))
      if (waiting.length >= maxWaitingItems || waitingBytes + bytes > maxWaitingBytes) {
        return Promise.reject(new OverloadedError('Too many deliveries are waiting to be stored.'))
      }
      return new Promise((resolve, reject) => {
        waiting.push({ item, bytes, resolve, reject })
        waitingBytes += bytes
        if (flushing.size < maxFlushes) {
          const worker = flushAll().finally(() => flushing.delete(worker))
          flushing.add(worker)
        }
      })
    },
    drain: async () => {
      draining = true
      await Promise.all(flushing)
    },
  }
}
