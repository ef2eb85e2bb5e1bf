import { isUuid } from '../domain/uuid.ts'
import type { Db } from '../store/database.ts'
import { listNamesOf } from '../store/names/list-names-of.ts'
import type { NameVisibility } from '../store/names/name-visibility-sql.ts'
import { type ExportRow, namedIdsIn } from './export-columns.ts'
import { oneLine } from './one-line.ts'

/** The names of these ids (UUIDs in lower case), as far as the caller may see them. */
export type NamesOf = (ids: readonly string[]) => Promise<ReadonlyMap<string, string>>

/** Makes the rows of a page from the events' texts. All names of the page are looked up together. */
export async function exportRows(texts: readonly string[], namesOf: NamesOf): Promise<ExportRow[]> {
  const events = texts.map((text) => JSON.parse(text) as Record<string, unknown>)
  const ids = new Set(events.flatMap(namedIdsIn))
  const names = await namesOf([...ids].filter(isUuid))
  return events.map((event, i) => ({ event, text: oneLine(texts[i] ?? '').trim(), names }))
}

/** Reads the names of these ids. What has an id but no name has none here either. */
export async function readNames(
  db: Pick<Db, 'executeQuery'>,
  workspaceId: string,
  visibility: NameVisibility,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const found = await listNamesOf(db, workspaceId, visibility, ids)
  return new Map(found.flatMap(({ id, name }) => (name === null ? [] : [[id, name] as const])))
}
