import type { NameKind } from '../domain/name-kinds.ts'
import { readDatabaseClock } from '../postgres/read-database-clock.ts'
import type { Db } from '../store/database.ts'
import { listChangedNames } from '../store/names/list-changed-names.ts'
import type { ListedName } from '../store/names/listed-name.ts'
import { saveVanishedNames } from '../store/names/save-gone-names.ts'
import { saveNameSync } from '../store/names/save-name-sync.ts'
import { saveNames } from '../store/names/save-names.ts'
import { type ListTools, readList } from './read-list.ts'

/** Things stored in one statement. */
const STORED_AT_ONCE = 500

export interface KindTools extends ListTools {
  db: Db
}

export interface KindCounts {
  listed: number
  /** Things that were new, changed, or back. */
  stored: number
  /** Things that are gone since this listing. */
  gone: number
}

/**
 * Makes the copy of one kind equal to Seam's list. Throws, with nothing changed, unless the whole list was read. What is stored then is true
 * by itself, so an interruption leaves no false state, and the next listing does the rest.
 */
export async function syncKind(tools: KindTools, kind: NameKind, signal: AbortSignal): Promise<KindCounts> {
  const { db, workspaceId } = tools
  // Read before the first request: this listing cannot know what happens later.
  const asked = { workspaceId, kind, askedAt: await readDatabaseClock(db) }
  const ids: string[] = []
  const changed: ListedName[] = []
  for await (const things of readList(tools, kind, signal)) {
    for (const { id } of things) ids.push(id)
    changed.push(...(await listChangedNames(db, asked, things)))
  }
  let stored = 0
  for (let from = 0; from < changed.length; from += STORED_AT_ONCE) {
    signal.throwIfAborted()
    stored += await saveNames(db, asked, changed.slice(from, from + STORED_AT_ONCE))
  }
  const gone = await saveVanishedNames(db, asked, ids)
  await saveNameSync(db, asked, ids.length)
  return { listed: ids.length, stored, gone }
}
