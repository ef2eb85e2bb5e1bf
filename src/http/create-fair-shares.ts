import { type Caller, callerName } from '../domain/caller.ts'
import { ApiError } from './api-error.ts'
import { RETRY_AFTER_SECONDS, serviceUnavailable } from './to-api-error.ts'

/** Runs a caller's work when its turn has come. Throws 429 or 503 when too much other work waits. */
export type Share = <Result>(caller: Caller, work: () => Promise<Result>) => Promise<Result>

export interface FairShares {
  /** How much work runs at the same time. One per connection, because each piece of work runs its statements one by one. */
  slots: number
  /** The same for one caller. */
  slotsPerCaller: number
  /** How much work of one caller may wait for its turn; more is answered 429. */
  waitingPerCaller: number
  /** How much work of all callers may wait; more is answered 503. */
  waiting: number
  /** How long work may wait; 503 after that. */
  maxWaitMs: number
}

/** One caller's work, first come, first served. */
interface Line {
  running: number
  waiting: { start: () => void; timer: NodeJS.Timeout }[]
}

/** At most this many callers are remembered; beyond it, all those without work are forgotten together. */
const MAX_IDLE_LINES = 1_000

/** Finds a caller's line by the caller's name, and makes it when there is none. */
function createLines(): (name: string) => Line {
  // A line stays when its caller is done: a Map that every request changes keeps garbage alive (open-connections.ts).
  const lines = new Map<string, Line>()
  return (name) => {
    const known = lines.get(name)
    if (known !== undefined) return known
    if (lines.size >= MAX_IDLE_LINES) {
      for (const [each, line] of lines) if (line.running + line.waiting.length === 0) lines.delete(each)
    }
    const line = { running: 0, waiting: [] }
    lines.set(name, line)
    return line
  }
}

/**
 * Shares the database between callers, however long their queries take: a caller that sends thirty long queries at once waits only
 * for itself. Waiting callers take turns, one piece of work each.
 */
export function createFairShares(shares: FairShares): Share {
  const lineOf = createLines()
  /** Lines with waiting work, the next to be served first. */
  let rotation: Line[] = []
  let running = 0
  let waiting = 0

  function startNext(): void {
    while (running < shares.slots) {
      const at = rotation.findIndex((line) => line.running < shares.slotsPerCaller)
      const [line] = at === -1 ? [] : rotation.splice(at, 1)
      const next = line?.waiting.shift()
      if (line === undefined || next === undefined) return
      waiting -= 1
      if (line.waiting.length > 0) rotation.push(line)
      clearTimeout(next.timer)
      running += 1
      line.running += 1
      next.start()
    }
  }

  function turnOf(line: Line): Promise<void> {
    if (line.waiting.length >= shares.waitingPerCaller) return Promise.reject(tooManyOfOne())
    if (waiting >= shares.waiting) return Promise.reject(serviceUnavailable('Too many queries are waiting'))
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        line.waiting.splice(line.waiting.indexOf(entry), 1)
        waiting -= 1
        if (line.waiting.length === 0) rotation = rotation.filter((each) => each !== line)
        reject(serviceUnavailable('The query waited too long for its turn'))
      }
      const entry = { start: resolve, timer: setTimeout(giveUp, shares.maxWaitMs) }
      waiting += 1
      if (line.waiting.push(entry) === 1) rotation.push(line)
    })
  }

  return async (caller, work) => {
    const line = lineOf(callerName(caller))
    if (running < shares.slots && line.running < shares.slotsPerCaller && line.waiting.length === 0) {
      running += 1
      line.running += 1
    } else await turnOf(line)
    try {
      return await work()
    } finally {
      running -= 1
      line.running -= 1
      startNext()
    }
  }
}

function tooManyOfOne(): ApiError {
  return new ApiError(429, 'too_many_requests', 'Too many queries from this caller are waiting', {
    headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
  })
}
