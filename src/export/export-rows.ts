import { isUuid } from '../domain/uuid.ts'
import type { Db } from '../store/database.ts'
import { listNamesOf } from '../store/names/list-names-of.ts'
import type { NameVisibility } from '../store/names/name-visibility-sql.ts'
import { type ExportRow, namedIdsIn } from './export-columns.ts'
import { oneLine } from './one-line.ts'

/** The names of these ids (UUIDs in lower case), as far as the caller may see them. */
export type NamesOf = (ids: readonly string[]) => Promise<ReadonlyMap<string, string>>

/**
 * Looks up the names of a page together. It parses the events for their ids alone: were they kept for their rows, they would outlive the
 * garbage collector's small rounds (a service that wrote CSV had 210 instead of 155 MB).
 */
export async function namesOfPage(
  texts: readonly string[],
  namesOf: NamesOf,
): Promise<ReadonlyMap<string, string>> {
  const ids = new Set<string>()
  for (const text of texts) for (const id of namedIdsIn(parse(text))) ids.add(id)
  return namesOf([...ids].filter(isUuid))
}

export function exportRow(text: string, names: ReadonlyMap<string, string>): ExportRow {
  return { event: parse(text), text: oneLine(text).trim(), names }
}

function parse(text: string): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>
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
