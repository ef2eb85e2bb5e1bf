import { parseInstant } from '../../src/domain/instant.ts'
import type { ListCase } from './list-cases.ts'

interface Page {
  events: { event_id: string; created_at: string }[]
  pagination: { next_page_cursor: string | null }
}

/** The case with the cursor from the end of this service's first page, and the query that means the same. */
export async function secondPage(url: string, key: string, listCase: ListCase): Promise<ListCase> {
  const response = await fetch(`${url}/events/list`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(listCase.body),
  })
  const { events, pagination } = (await response.json()) as Page
  const last = events.at(-1)
  const createdAt = last && parseInstant(last.created_at)
  if (!createdAt || pagination.next_page_cursor === null) throw new Error('There is no second page.')
  return {
    ...listCase,
    body: { ...listCase.body, page_cursor: pagination.next_page_cursor },
    query: { ...listCase.query, following: { orderedAt: createdAt, eventId: last.event_id } },
  }
}
