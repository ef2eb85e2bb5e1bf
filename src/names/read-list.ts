import type { NameKind } from '../domain/name-kinds.ts'
import { type ItemsPage, listItemsPage } from '../seam/list-items-page.ts'
import type { SeamClient } from '../seam/open-seam-client.ts'
import { SeamError } from '../seam/seam-error.ts'
import { type RetryPolicy, type Waiting, withRetries } from '../seam/with-retries.ts'
import type { ListedName } from '../store/names/listed-name.ts'
import { sourceOf } from './kinds.ts'
import { readItem } from './read-item.ts'

/** Most things of one kind. Their ids, and at a first listing their names, are held in memory: 0.3 KB each. */
export const MAX_THINGS = 250_000
/** Most pages of one list, for a server whose pages are empty or tiny. */
export const MAX_PAGES = 10_000

/** Most pages in a row with nothing new: a list without an end would keep the kinds after it waiting. */
export const MAX_BARREN_PAGES = 100

export interface ListTools {
  client: SeamClient
  workspaceId: string
  retryPolicy: RetryPolicy
  waiting: Waiting
}

/**
 * The pages of a kind's list, each thing once. Nothing may be concluded before the last page: throws SeamError then, or earlier, for
 * everything that may not be the whole list.
 */
export async function* readList(
  { client, workspaceId, retryPolicy, waiting }: ListTools,
  kind: NameKind,
  signal: AbortSignal,
): AsyncGenerator<ListedName[]> {
  const source = sourceOf(kind)
  const seen = new Set<string>()
  const cursors = new Set<string>()
  let cursor: string | null = null
  let barrenPages = 0
  for (;;) {
    signal.throwIfAborted()
    const at: string | null = cursor
    const ask = (): Promise<ItemsPage> => listItemsPage(client, source, at, signal)
    const { items, nextCursor }: ItemsPage = await withRetries(ask, retryPolicy, waiting, signal)
    const things: ListedName[] = []
    for (const item of items) {
      const thing = readItem(kind, item, workspaceId)
      // A thing may move to a later page while the pages are read.
      if (seen.has(thing.id)) continue
      seen.add(thing.id)
      things.push(thing)
    }
    if (seen.size > MAX_THINGS || cursors.size >= MAX_PAGES)
      throw unusable(source.path, `with more than ${MAX_THINGS} items or ${MAX_PAGES} pages`)
    barrenPages = things.length === 0 ? barrenPages + 1 : 0
    if (barrenPages > MAX_BARREN_PAGES)
      throw unusable(source.path, `with ${barrenPages} pages in a row that have nothing new`)
    yield things
    if (nextCursor === null) return
    if (cursors.has(nextCursor)) throw unusable(source.path, 'with pages that go round in a circle')
    cursors.add(nextCursor)
    cursor = nextCursor
  }
}

function unusable(path: string, how: string): SeamError {
  return new SeamError('bad_answer', `Seam answered ${path} ${how}`)
}
