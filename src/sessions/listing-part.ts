/** Sessions that are stored together: 0.3 MB, less than 0.1 s of the database. */
export const PART_SESSIONS = 500

/**
 * Some sessions of a listing, as they came: one buffer for all of them, because a listing of 200,000 is held for a while, and so many
 * objects would cost the garbage collector its time.
 */
export class ListingPart {
  readonly ids: string[] = []
  readonly #ends: number[] = []
  /** Until the part is full; they share the memory of what arrived with them. */
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

  /** No more is added. */
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
