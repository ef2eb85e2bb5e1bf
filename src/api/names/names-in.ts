import type { Caller } from '../../domain/caller.ts'
import type { Db } from '../../store/database.ts'
import { listNamesOf } from '../../store/names/list-names-of.ts'
import { nameVisibility } from './name-visibility.ts'

const ID = /"([\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})"/gi

/**
 * For `include=names`: the dictionary of the names of all ids that stand in these texts of JSON, as JSON, as far as they are known and the
 * caller may see them. The texts must be those that the caller is sent.
 */
export async function namesIn(
  db: Pick<Db, 'executeQuery'>,
  caller: Caller,
  texts: readonly string[],
): Promise<string> {
  const ids = new Set<string>()
  for (const text of texts) for (const [, id = ''] of text.matchAll(ID)) ids.add(id.toLowerCase())
  const names = await listNamesOf(db, caller.workspaceId, nameVisibility(caller), [...ids])
  const members = names.map(({ id, kind, name, isGone }) => [id, { kind, name, is_gone: isGone }])
  return JSON.stringify(Object.fromEntries(members))
}
