import type { Random } from './random.ts'

/** Calls `emit` at random moments, at an average rate, until it is stopped. */
export class Traffic {
  readonly #emit: (count: number) => void
  readonly #random: Random
  #timer: NodeJS.Timeout | undefined

  constructor(emit: (count: number) => void, random: Random) {
    this.#emit = emit
    this.#random = random
  }

  /** Starts traffic. It replaces traffic that is already running. */
  start(eventsPerSecond: number): void {
    this.stop()
    if (eventsPerSecond <= 0) return
    let nextAt = performance.now() + this.#gapMs(eventsPerSecond)
    const tick = (): void => {
      // Timers are no finer than a millisecond, so at a high rate several events are due at once.
      let due = 0
      for (; nextAt <= performance.now(); nextAt += this.#gapMs(eventsPerSecond)) due++
      if (due > 0) this.#emit(due)
      this.#timer = setTimeout(tick, Math.max(0, nextAt - performance.now()))
    }
    this.#timer = setTimeout(tick, Math.max(0, nextAt - performance.now()))
  }

  stop(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** The gaps of a Poisson process, whose events are independent of each other. */
  #gapMs(eventsPerSecond: number): number {
    return (-Math.log(1 - this.#random.fraction()) / eventsPerSecond) * 1000
  }
}
