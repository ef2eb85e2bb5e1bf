/** Calls `work` once after `ms` milliseconds. The returned function cancels that. */
export type StartTimer = (ms: number, work: () => void) => () => void

/** Its timer does not keep the process alive. */
export const startTimer: StartTimer = (ms, work) => {
  const timer = setTimeout(work, ms).unref()
  return () => clearTimeout(timer)
}
