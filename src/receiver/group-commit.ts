/** What is waiting or under way is at its limit, or the receiver is stopping: the sender should come back soon. */
export class OverloadedError extends Error {
  override readonly name = 'OverloadedError'
}

export interface GroupCommitOptions<Item> {
  /** Makes a batch durable, all of it or none. */
  flush: (items: Item[]) => Promise<void>
  /** Most flushes under way at the same time. */
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
 * Group commit: what arrives while flushes are under way forms the next batch. There is no timer, so an idle service adds no delay, and the
 * busier it is the more share one commit.
 *
 * Another flush begins beside those under way only when as many items wait as are in them: then the database has the next batch before it
 * has finished the last, which meanwhile is answered. Begun earlier it would cut batches into halves, begun later the two would take turns.
 */
export function createGroupCommit<Item>(options: GroupCommitOptions<Item>): GroupCommit<Item> {
  const { flush, maxFlushes, maxBatchItems, maxWaitingItems, maxWaitingBytes, maxWaitMs, monotonicMs } =
    options
  let waiting: Waiting<Item>[] = []
  let waitingBytes = 0
  let flushes = 0
  let flushingItems = 0
  let isAboutToFlush = false
  let draining = false
  const drained = Promise.withResolvers<void>()

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

  function isFlushDue(): boolean {
    if (waiting.length === 0 || flushes >= maxFlushes) return false
    return waiting.length >= Math.min(flushingItems, maxBatchItems)
  }

  function startDueFlushes(): void {
    isAboutToFlush = false
    refuseOverdue()
    while (isFlushDue()) void flushBatch(take(maxBatchItems))
    if (draining && flushes === 0) drained.resolve()
  }

  async function flushBatch(batch: readonly Waiting<Item>[]): Promise<void> {
    flushes += 1
    flushingItems += batch.length
    let settle = ({ resolve }: Waiting<Item>): void => resolve()
    try {
      await flush(batch.map(({ item }) => item))
    } catch (error) {
      settle = ({ reject }) => reject(error)
    }
    flushes -= 1
    flushingItems -= batch.length
    // The next batch is on its way before this one is answered.
    startDueFlushes()
    for (const each of batch) settle(each)
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
        // When what can run without waiting for anything has run: whoever is about to submit as well has done so, and shares the flush.
        if (isAboutToFlush || flushes >= maxFlushes) return
        isAboutToFlush = true
        process.nextTick(startDueFlushes)
      })
    },
    drain: () => {
      draining = true
      startDueFlushes()
      return drained.promise
    },
  }
}
