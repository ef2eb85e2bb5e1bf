/** This many sessions are stored together. They have 0.3 MB and take the database less than 0.1 s. */
export const PART_SESSIONS = 500

/**
 * Some sessions of a listing, as they were received. One buffer holds all of them, because a listing of 200,000 sessions is kept for a while
 * and as many objects would slow down the garbage collector.
 */
export class ListingPart {
  readonly ids: string[] = []
  readonly #ends: number[] = []
  /** Used until the part is full. The items share the memory of the network chunks that they came in. */
  #items: Buffer[] = []
  #bytes = Buffer.alloc(0)
  #length = 0

  get isFull(): boolean {
    return this.ids.length === PART_SESSIONS
  }

  add(id: string, item: Buffer): void {
    this.ids.push(id)
    this.#items.push(item)
    this.#length += item.length
    this.#ends.push(this.#length)
    if (this.isFull) this.close()
  }

  /** Called when no more will be added. */
  close(): void {
    this.#bytes = Buffer.concat([this.#bytes, ...this.#items])
    this.#items = []
  }

  item(index: number): Buffer {
    const open = this.#items[index]
    if (open !== undefined) return open
    return this.#bytes.subarray(index === 0 ? 0 : this.#ends[index - 1], this.#ends[index])
  }
}
