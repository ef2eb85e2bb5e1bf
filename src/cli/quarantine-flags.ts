import { isUuid } from '../domain/uuid.ts'
import type { QuarantineFilter } from '../store/quarantine/list-quarantined.ts'

/** What the quarantine commands share: how items are chosen and described. */
export interface FilterFlags {
  workspace?: string
  reason?: string
}

export function filterOf({ workspace, reason }: FilterFlags): QuarantineFilter {
  return {
    workspaceId: workspace === undefined ? null : workspaceIdOf(workspace),
    reason: reason ?? null,
  }
}

export function workspaceIdOf(text: string): string {
  // The type annotation keeps `isUuid` from narrowing: text that is no UUID is still text.
  const isId: boolean = isUuid(text)
  if (!isId) throw new Error(`${text} is not a workspace id, which is a UUID.`)
  return text.toLowerCase()
}

/** Returns each id once. Throws that an item is unknown for text that cannot be an id. */
export function itemIdsOf(texts: readonly string[]): string[] {
  const bad = texts.filter((text) => !/^\d{1,18}$/.test(text))
  if (bad.length > 0) throw unknownItems(bad)
  return [...new Set(texts.map((text) => BigInt(text).toString()))]
}

export function unknownItems(ids: readonly string[], consequence = ''): Error {
  const what = ids.length === 1 ? `no item ${ids[0]}` : `no items ${ids.join(', ')}`
  return new Error(`There is ${what} in quarantine; see seam-mirror quarantine list.${consequence}`)
}

export function countOf(count: number): string {
  return count === 1 ? '1 item' : `${count} items`
}

export function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}
