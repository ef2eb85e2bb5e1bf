/** Calls `work` once, so many milliseconds from now, unless the returned function is called before. */
export type InAWhile = (ms: number, work: () => void) => () => void

/** By a timer that keeps no process alive. */
export const inAWhile: InAWhile = (ms, work) => {
  const timer = setTimeout(work, ms).unref()
  return () => clearTimeout(timer)
}
