/** Too much is waiting or under way, or the receiver is stopping: the sender should try again soon. */
export class OverloadedError extends Error {
  override readonly name = 'OverloadedError'
}

export interface GroupCommitOptions<Item> {
  /** Makes a batch durable, all of it or none. */
  flush: (items: Item[]) => Promise<void>
  /** Most flushes at the same time. */
  maxFlushes: number
  maxBatchItems: number
  /** Most items that wait for a flush, beyond the batches under way. */
  maxWaitingItems: number
  maxWaitingBytes: number
  /**
   * How long an item may wait for its flush to begin. While the network to the database is silent, flushes end only by their timeout.
   * Without this limit an item would wait for one flush after another, long after its sender has hung up.
   */
  maxWaitMs: number
  monotonicMs: () => number
}

export interface GroupCommit<Item> {
  /** Resolves once the item is durable. Rejects with the flush's error; or with OverloadedError, at once or after maxWaitMs. */
  submit(item: Item, bytes: number): Promise<void>
  /** Takes nothing more, and resolves when everything taken is durable or has failed. */
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
 * Group commit: items that arrive while flushes are under way form the next batch. There is no timer, so an idle service adds no delay, and
 * the busier it is, the more items share one commit.
 *
 * Another flush begins beside those under way only when as many items wait as are in them. The database then has the next batch before it
 * has finished the last one, which is answered meanwhile. Beginning earlier would halve the batches; beginning later would make the database
 * and this process take turns.
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

  /** Items are in order of arrival, so the overdue ones come first. */
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
    // Starts the next batch before answering this one.
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
        // Runs after pending microtasks, so that all requests of this turn share the flush.
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
