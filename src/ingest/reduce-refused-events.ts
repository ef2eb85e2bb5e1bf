import { emptyColumns } from '../domain/event-columns.ts'
import type { IngestPath, UnusableEvent, UsableEvent } from '../domain/event.ts'
import { insertEvents } from '../store/events/insert-events.ts'
import { dedupeEvents } from './dedupe-events.ts'
import { protectEvent } from './protect-secrets.ts'
import type { Db } from '../store/database.ts'
import { postgresErrorKind } from '../postgres/postgres-errors.ts'
import { maskingSecrets } from '../secrets/masking-secrets.ts'

type Item = UsableEvent | UnusableEvent

/**
 * Runs `store` with the items. When Postgres refuses them because of what one event holds (for example JSON nested deeper than its
 * stack allows), this finds the refused events, reduces them and runs `store` again. So one bad event does not hold up its batch, and
 * its sender does not repeat it for ever.
 *
 * A reduced event has no columns, and whatever is nested deep in it is sealed; it is stored so that the copy stays complete. Where
 * Postgres refuses that too, the event goes to quarantine.
 */
export async function reduceRefusedEvents<Result>(
  db: Db,
  items: readonly Item[],
  path: IngestPath,
  store: (items: readonly Item[]) => Promise<Result>,
): Promise<Result> {
  try {
    return await store(items)
  } catch (error) {
    if (postgresErrorKind(error) !== 'data') throw error
    const refused = await findRefused(
      db,
      items.filter((item) => item.kind === 'event'),
      path,
    )
    if (refused.size === 0) throw error
    const instead = new Map<Item, Item>()
    for (const event of refused) instead.set(event, await reduced(db, event, path))
    return store(items.map((item) => instead.get(item) ?? item))
  }
}

async function reduced(db: Db, event: UsableEvent, path: IngestPath): Promise<Item> {
  const bare = { ...event, ...emptyColumns('refused by the database'), isRefused: true as const }
  return (await isAccepted(db, [bare], path)) ? bare : quarantineItem(event)
}

/** Halves the batch until each refused event stands alone. Every attempt is rolled back. */
async function findRefused(
  db: Db,
  events: readonly UsableEvent[],
  path: IngestPath,
): Promise<Set<UsableEvent>> {
  if (events.length === 0 || (await isAccepted(db, events, path))) return new Set()
  if (events.length === 1) return new Set(events)
  const middle = events.length >> 1
  const left = await findRefused(db, events.slice(0, middle), path)
  const right = await findRefused(db, events.slice(middle), path)
  return left.union(right)
}

async function isAccepted(db: Db, events: readonly UsableEvent[], path: IngestPath): Promise<boolean> {
  const trx = await db.startTransaction().execute()
  try {
    // Masking is enough here, because this transaction is always rolled back.
    const rows = dedupeEvents(events).once.map((event) => protectEvent(event, maskingSecrets()))
    await insertEvents(trx, rows, path)
    return true
  } catch (error) {
    if (postgresErrorKind(error) !== 'data') throw error
    return false
  } finally {
    await trx.rollback().execute()
  }
}

function quarantineItem(event: UsableEvent): UnusableEvent {
  return {
    kind: 'unusable',
    workspaceId: event.workspaceId,
    reason: 'refused_by_database',
    detail: 'Postgres refuses to store this event, even without the columns it could be filtered by.',
    body: Buffer.from(event.json),
  }
}
