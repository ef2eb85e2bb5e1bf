import type { SeamClient } from './open-seam-client.ts'
import { SeamError } from './seam-error.ts'

/** Largest page read. 500 devices with all their properties have some 3 MB. */
const MAX_BYTES = 32 * 1024 * 1024

/** A list of Seam's in pages (contract 11). */
export interface PagedList {
  path: string
  /** The name of the array in an answer. */
  key: string
  /** Null for a list that comes in one piece and has neither parameter. */
  pageLimit: number | null
}

export interface ItemsPage {
  items: unknown[]
  /** Null on the last page. */
  nextCursor: string | null
}

/**
 * One page of a list. Throws SeamError `bad_answer` unless it says whether there are more: whoever takes what is missing for gone must not
 * take a page for the whole. The server may give fewer items than are asked for.
 */
export async function listItemsPage(
  client: SeamClient,
  { path, key, pageLimit }: PagedList,
  cursor: string | null,
  signal: AbortSignal,
): Promise<ItemsPage> {
  const params = {
    ...(pageLimit !== null && { limit: pageLimit }),
    ...(cursor !== null && { page_cursor: cursor }),
  }
  const { body } = await client.get(path, { params, signal, maxBytes: MAX_BYTES })
  const items = body[key]
  if (!Array.isArray(items)) throw unusable(path, `without a list of ${key}`)
  const { pagination } = body
  if (pagination === undefined && pageLimit === null) return { items, nextCursor: null }
  if (typeof pagination !== 'object' || pagination === null)
    throw unusable(path, 'without saying whether there are more pages')
  const { has_next_page: hasNext, next_page_cursor: next } = pagination as Record<string, unknown>
  if (hasNext === false) return { items, nextCursor: null }
  if (hasNext !== true || typeof next !== 'string' || next === '')
    throw unusable(path, 'without saying where the next page begins')
  if (next === cursor) throw unusable(path, 'with a next page that is the same page')
  return { items, nextCursor: next }
}

/** One thing by its id; null when Seam does not have it. */
export async function getItem(
  client: SeamClient,
  { path, key, params }: { path: string; key: string; params: Record<string, string> },
  signal: AbortSignal,
): Promise<unknown> {
  try {
    const { body } = await client.get(path, { params, signal })
    const item = body[key]
    if (typeof item !== 'object' || item === null) throw unusable(path, `without a ${key}`)
    return item
  } catch (error) {
    if (error instanceof SeamError && error.isNotFound) return null
    throw error
  }
}

function unusable(path: string, how: string): SeamError {
  return new SeamError('bad_answer', `Seam answered ${path} ${how}`)
}
