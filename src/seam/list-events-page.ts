import { type Micros, formatMillisCeil, formatMillisFloor } from '../domain/instant.ts'
import type { SeamAnswer, SeamClient } from './open-seam-client.ts'
import { SeamError } from './seam-error.ts'
import { sliceArray } from './slice-array.ts'

/** What is asked for; the server may give less, and that proves nothing. 500 is Seam's default (contract 6.3). */
export const PAGE_LIMIT = 500

export interface EventsPageRequest {
  after: Micros
  before: Micros | null
  offset: number
}

export interface EventsPage {
  /** Each listed item as it was sent. */
  items: string[]
  askedAt: Micros | null
}

/**
 * One page of `events.list`. Bounds are sent in whole milliseconds, rounded outwards: every version of the API reads those,
 * and both bounds of `between` have the same precision (contract 6.2).
 */
export async function listEventsPage(
  client: SeamClient,
  { after, before, offset }: EventsPageRequest,
  signal: AbortSignal,
): Promise<EventsPage> {
  const since = formatMillisFloor(after)
  const bounds = before === null ? { since } : { between: [since, formatMillisCeil(before)] }
  const params = { ...bounds, limit: PAGE_LIMIT, ...(offset > 0 && { unstable_offset: offset }) }
  const { text, askedAt } = await client.get('/events/list', params, signal)
  return { items: itemsOf(text), askedAt }
}

function itemsOf(text: SeamAnswer['text']): string[] {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    throw new SeamError('bad_answer', 'Seam answered /events/list with something that is not JSON')
  }
  const items =
    typeof body === 'object' && body !== null && !Array.isArray(body) ? sliceArray(text, 'events') : null
  if (items === null) throw new SeamError('bad_answer', 'Seam answered /events/list without a list of events')
  return items
}
