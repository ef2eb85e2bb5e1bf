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

/** The items that wait for a flush, in order of arrival. */
interface WaitingLine<Item> {
  length(): number
  hasRoomFor(bytes: number): boolean
  add(entry: Waiting<Item>): void
  /** Takes up to so many, the first come first. */
  take(count: number): Waiting<Item>[]
  /** Takes those that were submitted before the instant of the monotonic clock. They are the first, as the line is in order. */
  takeSubmittedBefore(ms: number): Waiting<Item>[]
}

function createWaitingLine<Item>(maxItems: number, maxBytes: number): WaitingLine<Item> {
  let waiting: Waiting<Item>[] = []
  let waitingBytes = 0

  function take(count: number): Waiting<Item>[] {
    const taken = waiting.slice(0, count)
    waiting = waiting.slice(count)
    waitingBytes -= taken.reduce((sum, { bytes }) => sum + bytes, 0)
    return taken
  }

  return {
    length: () => waiting.length,
    hasRoomFor: (bytes) => waiting.length < maxItems && waitingBytes + bytes <= maxBytes,
    add: (entry) => {
      waiting.push(entry)
      waitingBytes += entry.bytes
    },
    take,
    takeSubmittedBefore: (ms) => {
      const first = waiting.findIndex(({ submittedMs }) => submittedMs >= ms)
      return take(first === -1 ? waiting.length : first)
    },
  }
}

/**
 * Group commit: items that arrive while flushes are under way form the next batch. There is no timer, so an idle service adds no delay, and
 * the busier it is, the more items share one commit.
 *
 * Another flush begins beside those under way only when as many items wait as are in them. The database then has the next batch before it
 * has finished the last one, which is answered meanwhile. Beginning later would make the database and this process take turns: the second
 * flush brings 17 % more deliveries at 16 connections. Beginning earlier would halve the batches: when two flushes began whenever something
 * waited, one alone took 14 % more at 64.
 */
export function createGroupCommit<Item>(options: GroupCommitOptions<Item>): GroupCommit<Item> {
  const { flush, maxFlushes, maxBatchItems, maxWaitMs, monotonicMs } = options
  const line = createWaitingLine<Item>(options.maxWaitingItems, options.maxWaitingBytes)
  let flushes = 0
  let flushingItems = 0
  let isAboutToFlush = false
  let draining = false
  const drained = Promise.withResolvers<void>()

  function refuseOverdue(): void {
    for (const { reject } of line.takeSubmittedBefore(monotonicMs() - maxWaitMs))
      reject(new OverloadedError('The database takes too long to store deliveries.'))
  }

  const isFlushDue = (): boolean =>
    line.length() > 0 && flushes < maxFlushes && line.length() >= Math.min(flushingItems, maxBatchItems)

  function startDueFlushes(): void {
    isAboutToFlush = false
    refuseOverdue()
    while (isFlushDue()) void flushBatch(line.take(maxBatchItems))
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
      if (draining) return refuse('The receiver is stopping.')
      if (!line.hasRoomFor(bytes)) return refuse('Too many deliveries are waiting to be stored.')
      return new Promise((resolve, reject) => {
        line.add({ item, bytes, submittedMs: monotonicMs(), resolve, reject })
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

function refuse(reason: string): Promise<never> {
  return Promise.reject(new OverloadedError(reason))
}
