import { emptyColumns } from '../domain/event-columns.ts'
import type { IngestPath, UnusableEvent, UsableEvent } from '../domain/event.ts'
import { insertEvents } from '../store/events/insert-events.ts'
import { protectEvent } from './protect-secrets.ts'
import type { Db } from '../store/database.ts'
import { postgresErrorKind } from '../postgres/postgres-errors.ts'

type Item = UsableEvent | UnusableEvent

/**
 * Runs `store` with the items. When Postgres refuses them because of what one of them holds (JSON nested deeper than its stack, say), finds
 * the culprits and runs `store` again: the rest of a batch is not punished for one row, and nobody sends a poisoned delivery for
 * ever. A culprit is stored all the same, without columns and with what is nested deep sealed, so that the copy stays complete; only
 * where Postgres refuses that as well it goes to quarantine.
 */
export async function setAsideRefused<Result>(
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

/** Halves the batch until the rows that fail stand alone; every attempt is rolled back. */
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
    // Secrets are only masked here: it is rolled back, whatever it says.
    await insertEvents(trx, events, (event) => protectEvent(event, null), path)
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
    detail: 'Postgres refuses to store this event, even without what it can be filtered by.',
    body: Buffer.from(event.json),
  }
}
