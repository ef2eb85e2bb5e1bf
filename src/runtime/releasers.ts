/** Undoes a start, newest step first: each step of the start registers its own release. A second release does nothing more. */
export class Releasers {
  #steps: (() => Promise<unknown>)[] = []
  #released: Promise<void> | null = null

  add(step: () => Promise<unknown>): void {
    this.#steps.push(step)
  }

  /** Runs every step even when others fail. Rejects with the first error once all steps are done. */
  release(): Promise<void> {
    this.#released ??= this.#run()
    return this.#released
  }

  async #run(): Promise<void> {
    const errors: unknown[] = []
    for (const step of this.#steps.toReversed()) {
      await step().catch((error: unknown) => errors.push(error))
    }
    if (errors.length > 0) throw errors[0]
  }
}
