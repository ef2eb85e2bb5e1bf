import type { IngestPath, UnusableEvent, UsableEvent } from '../domain/event.ts'
import { insertEvents } from '../store/insert-events.ts'
import { protectEvent } from './protect-secrets.ts'
import type { Db } from '../store/open-database.ts'
import { postgresErrorKind } from '../store/postgres-errors.ts'

type Item = UsableEvent | UnusableEvent

/**
 * Runs `store` with the items. When Postgres refuses them because of what one of them holds (JSON nested deeper than its
 * stack, say), finds the culprits, turns them into quarantine items, and runs `store` again: the rest of a batch is not
 * punished for one row, and nobody sends a poisoned delivery for ever.
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
    return store(items.map((item) => (refused.has(item) ? quarantineItem(item as UsableEvent) : item)))
  }
}

/** Halves the batch until the rows that fail stand alone; every attempt is rolled back. */
async function findRefused(db: Db, events: readonly UsableEvent[], path: IngestPath): Promise<Set<Item>> {
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
    detail:
      'Postgres refuses to store this event (its JSON is nested too deeply, or a value is out of range).',
    body: Buffer.from(event.json),
  }
}
