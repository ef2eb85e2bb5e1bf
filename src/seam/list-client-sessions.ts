import type { SeamClient } from './open-seam-client.ts'
import { SeamError } from './seam-error.ts'
import { sliceArray } from './slice-array.ts'

/**
 * All client sessions of the workspace, each as the exact text it has in the answer; these hold live tokens. Throws SeamError for
 * everything that may not be the whole list: the caller takes what is missing for deleted. Today's API has no pages here
 * (contract 8.1); should it get them, a first page says so and is refused.
 */
export async function listClientSessions(client: SeamClient, signal: AbortSignal): Promise<string[]> {
  const { text } = await client.get('/client_sessions/list', {}, signal)
  const body = parse(text)
  if (body.ok === false) throw unusable('and says itself that it is not ok')
  const { pagination } = body
  if (typeof pagination === 'object' && pagination !== null && 'has_next_page' in pagination) {
    if (pagination.has_next_page !== false) throw unusable('with one page of several')
  }
  const items = sliceArray(text, 'client_sessions')
  if (items === null) throw unusable('without a list of sessions')
  return items
}

function parse(text: string): Record<string, unknown> {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    throw unusable('with something that is not JSON')
  }
  if (typeof body === 'object' && body !== null && !Array.isArray(body))
    return body as Record<string, unknown>
  throw unusable('without a list of sessions')
}

function unusable(how: string): SeamError {
  return new SeamError('bad_answer', `Seam answered /client_sessions/list ${how}`)
}
