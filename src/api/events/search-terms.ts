import type { EventFilter } from '../../store/events/event-query.ts'
import type { Caller } from '../../domain/caller.ts'
import { EVENT_FIELDS } from '../../domain/event-fields.ts'
import { NAME_KINDS } from '../../domain/name-kinds.ts'
import { isUuid } from '../../domain/uuid.ts'
import { inputError } from '../../http/input-error.ts'
import type { Db } from '../../store/database.ts'
import { listNames } from '../../store/names/list-names.ts'
import { nameVisibility } from '../names/name-visibility.ts'

/** Most names that a part of a name may stand in: the events of each are looked for. */
export const MAX_NAME_MATCHES = 200

/**
 * What `q` means: events that carry it as any of their ids, or as `customer_key`, or that carry the id of something whose name contains it.
 * Throws 400 when too many names contain it, because leaving some out would make a list look whole that is not.
 */
export async function readSearchTerms(db: Db, caller: Caller, q: string): Promise<EventFilter[]> {
  if (isUuid(q)) return byId(q)
  const { workspaceId } = caller
  const visibility = nameVisibility(caller)
  const names = await listNames(db, { workspaceId, visibility, q, limit: MAX_NAME_MATCHES + 1 })
  if (names.length > MAX_NAME_MATCHES)
    throw inputError([{ path: ['q'], message: `More than ${MAX_NAME_MATCHES} names contain this` }])
  const byName = Map.groupBy(names, ({ kind }) => NAME_KINDS[kind])
  return [
    { column: 'customer_key', values: [q] },
    ...[...byName].map(([column, found]) => ({ column, values: found.map(({ id }) => id) })),
  ]
}

function byId(id: string): EventFilter[] {
  const columns = EVENT_FIELDS.map(({ column }) => column)
  return ['event_id', ...columns].map((column) => ({ column, values: [id] }))
}
