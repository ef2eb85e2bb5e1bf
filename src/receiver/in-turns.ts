interface Arrived<Input, Output> {
  input: Input
  resolve: (output: Output) => void
  reject: (error: unknown) => void
}

/**
 * Runs `work` for all inputs that arrive in one turn of the event loop one right after the other, when the turn's sockets have been
 * read. Between two sockets' reads the processor's caches hold the kernel's and Node's code; verifying and parsing a delivery
 * there took 75 to 130 µs, and in a row 30 (a bare server, two cores). An idle service waits for nothing: its turn ends at once.
 */
export function inTurns<Input, Output>(work: (input: Input) => Output): (input: Input) => Promise<Output> {
  let arrived: Arrived<Input, Output>[] = []
  const workAll = (): void => {
    const batch = arrived
    arrived = []
    for (const { input, resolve, reject } of batch) {
      try {
        resolve(work(input))
      } catch (error) {
        reject(error)
      }
    }
  }
  return (input) =>
    new Promise((resolve, reject) => {
      if (arrived.push({ input, resolve, reject }) === 1) setImmediate(workAll)
    })
}
