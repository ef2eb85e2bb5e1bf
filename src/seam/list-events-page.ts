import { isUtf8 } from 'node:buffer'
import { type Micros, formatMillisCeil, formatMillisFloor } from '../domain/instant.ts'
import type { SeamAnswer, SeamClient } from './open-seam-client.ts'
import type { DateReading } from './read-date.ts'
import { SeamError } from './seam-error.ts'
import { sliceArray } from './slice-array.ts'

/** Largest page that is read, in bytes. 500 events usually have 300 KiB. A page that is larger is asked for again with fewer events. */
export const MAX_PAGE_BYTES = 16 * 1024 * 1024

export interface EventsPageRequest {
  after: Micros
  before: Micros | null
  offset: number
  /** How many events are asked for. The server may give fewer, which proves nothing. */
  limit: number
}

/** A listed item as it was sent: text, or bytes when it is not UTF-8. */
export type ListedItem = string | Buffer

export interface EventsPage {
  items: ListedItem[]
  date: DateReading
}

/**
 * Asks for one page of `events.list`. The bounds are sent in whole milliseconds, rounded outwards, because every version of the API reads
 * milliseconds, and both bounds of `between` need the same precision (contract 6.2).
 */
export async function listEventsPage(
  client: SeamClient,
  { after, before, offset, limit }: EventsPageRequest,
  signal: AbortSignal,
): Promise<EventsPage> {
  const since = formatMillisFloor(after)
  const bounds = before === null ? { since } : { between: [since, formatMillisCeil(before)] }
  const params = { ...bounds, limit, ...(offset > 0 && { unstable_offset: offset }) }
  const answer = await client.get('/events/list', { params, signal, maxBytes: MAX_PAGE_BYTES })
  const items = itemsOf(answer)
  if (items === null) throw new SeamError('bad_answer', 'Seam answered /events/list without a list of events')
  return { items, date: answer.date }
}

function itemsOf({ text, bytes }: SeamAnswer): ListedItem[] | null {
  if (bytes === null) return sliceArray(text, 'events')
  // Latin-1 keeps every byte as one character, and JSON's structural characters are the same in it.
  const items = sliceArray(bytes.toString('latin1'), 'events')
  return (
    items &&
    items.map((item) => Buffer.from(item, 'latin1')).map((raw) => (isUtf8(raw) ? raw.toString() : raw))
  )
}
