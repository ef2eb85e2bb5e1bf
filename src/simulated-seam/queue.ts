/** A first-in, first-out queue. `Array.shift` moves every later item, which is slow with a hundred thousand of them. */
export class Queue<T> {
  #items: T[] = []
  #head = 0

  add(item: T): void {
    this.#items.push(item)
  }

  take(): T | undefined {
    if (this.#head === this.#items.length) return undefined
    const item = this.#items[this.#head++]
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }

  clear(): void {
    this.#items = []
    this.#head = 0
  }
}
