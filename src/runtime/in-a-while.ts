/** Calls `work` once after `ms` milliseconds, unless the returned function is called before. */
export type InAWhile = (ms: number, work: () => void) => () => void

/** Uses a timer that keeps no process alive. */
export const inAWhile: InAWhile = (ms, work) => {
  const timer = setTimeout(work, ms).unref()
  return () => clearTimeout(timer)
}
