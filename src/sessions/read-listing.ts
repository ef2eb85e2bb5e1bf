import { isUtf8 } from 'node:buffer'
import { setImmediate } from 'node:timers/promises'
import { type UnusableSession, checkSession, unusableSession } from '../domain/client-session.ts'
import type { Element } from '../seam/cut-elements.ts'
import { SeamError } from '../seam/seam-error.ts'
import { ListingPart, PART_SESSIONS } from './listing-part.ts'

/** At most this many unusable sessions are kept. With more of them the listing's form must have changed, and it is refused whole. */
export const MAX_UNUSABLE = 1_000

/** A listed session that cannot be used. */
export interface SetAside extends UnusableSession {
  /** Its bytes as they came. */
  body: Buffer
}

/** A listing that was read to its end. */
export interface Listing {
  /** How many sessions the listing shows, usable or not. */
  listed: number
  parts: readonly ListingPart[]
  /** The ids of all usable sessions. */
  ids: ReadonlyMap<string, unknown>
  /** At most MAX_UNUSABLE of them. */
  unusable: readonly SetAside[]
  unusableCount: number
}

/**
 * Reads a listing while it arrives. It only checks each session; reading their fields waits until the whole listing is known to be valid.
 * The sessions are held as they came, 100 MB for 200,000.
 *
 * A session that cannot be used is set aside. So are all different sessions that share an id, because nobody knows which is right; identical
 * ones count as one. Throws SeamError `bad_answer` for anything that is not JSON.
 */
export async function readListing(
  elements: AsyncIterable<readonly Element[]>,
  workspaceId: string,
): Promise<Listing> {
  const reader = new ListingReader(workspaceId)
  for await (const some of elements) {
    for (const element of some) reader.add(element)
    // Reads each chunk (about 64 KB) in one go, then lets waiting requests have their turn.
    await setImmediate()
  }
  return reader.end()
}

class ListingReader {
  readonly #workspaceId: string
  readonly #parts: ListingPart[] = []
  /** Each id's index, counted over all parts. */
  readonly #places = new Map<string, number>()
  /** Ids that several sessions share, with the index of the first one. */
  readonly #shared = new Map<string, number>()
  readonly #unusable: SetAside[] = []
  #unusableCount = 0
  #listed = 0

  constructor(workspaceId: string) {
    this.#workspaceId = workspaceId
  }

  add(element: Element): void {
    this.#listed += 1
    const checked = this.#check(element)
    if (checked.kind === 'unusable') this.#setAside(checked, element.bytes)
    else this.#addUsable(checked.clientSessionId, element.bytes)
  }

  end(): Listing {
    this.#parts.at(-1)?.close()
    for (const [id, place] of this.#shared) {
      this.#setAside(unusableSession('session_id_twice', id), this.#itemAt(place))
      this.#places.delete(id)
    }
    return {
      listed: this.#listed,
      parts: this.#parts,
      ids: this.#places,
      unusable: this.#unusable,
      unusableCount: this.#unusableCount,
    }
  }

  #check({ bytes, isWhole }: Element): ReturnType<typeof checkSession> {
    if (!isWhole) return unusableSession('session_too_large')
    let value: unknown
    try {
      value = JSON.parse(bytes.toString('utf8'))
    } catch {
      throw new SeamError('bad_answer', 'Seam answered /client_sessions/list with something that is not JSON')
    }
    const checked = checkSession(value, this.#workspaceId)
    return isUtf8(bytes) ? checked : unusableSession('session_not_utf8', checked.clientSessionId)
  }

  #addUsable(id: string, bytes: Buffer): void {
    const before = this.#places.get(id)
    if (before !== undefined) {
      if (this.#itemAt(before).equals(bytes)) return
      this.#shared.set(id, before)
      this.#setAside(unusableSession('session_id_twice', id), bytes)
      return
    }
    let part = this.#parts.at(-1)
    if (part === undefined || part.isFull) this.#parts.push((part = new ListingPart()))
    this.#places.set(id, this.#places.size)
    part.add(id, bytes)
  }

  #itemAt(place: number): Buffer {
    const part = this.#parts[Math.floor(place / PART_SESSIONS)]
    if (part === undefined) throw new RangeError(`There is no part with session ${place}.`)
    return part.item(place % PART_SESSIONS)
  }

  #setAside(problem: UnusableSession, bytes: Buffer): void {
    this.#unusableCount += 1
    // Copied, because the bytes share the memory of the whole chunk that they came in.
    if (this.#unusable.length < MAX_UNUSABLE) this.#unusable.push({ ...problem, body: Buffer.from(bytes) })
  }
}
