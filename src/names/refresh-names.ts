import { storableName } from '../domain/fold-name.ts'
import { MICROS_PER_SECOND, type Micros, parseInstant } from '../domain/instant.ts'
import type { NameKind } from '../domain/name-kinds.ts'
import { isUuid } from '../domain/uuid.ts'
import { readDatabaseClock } from '../postgres/read-database-clock.ts'
import { getItem } from '../seam/list-items-page.ts'
import { SeamError, type SeamErrorKind } from '../seam/seam-error.ts'
import { listNameEvents, type NameEvent } from '../store/names/list-name-events.ts'
import { listNameSyncs } from '../store/names/list-name-syncs.ts'
import { saveGoneName } from '../store/names/save-gone-names.ts'
import { saveNames } from '../store/names/save-names.ts'
import { saveNewName } from '../store/names/save-new-name.ts'
import { type AboutName, EVENTS_ABOUT_NAMES } from './events-about-names.ts'
import { sourceOf } from './kinds.ts'
import { readItem } from './read-item.ts'
import { type KindTools, syncKind } from './sync-kind.ts'

/** Most events of one type that are read at one look. When there are more, the oldest of them wait for the next listing. */
const EVENTS_OF_TYPE = 200
/** Most things of one kind that are asked for one by one; for more of them, the kind is listed. */
const ASKED_ONE_BY_ONE = 20
/** Events this much older than the newest listing are read as well: two clocks are compared, and a listing may lag behind. */
const LOOK_BACK: Micros = 60n * MICROS_PER_SECOND
/** Most events that are remembered as done. When there are more, they are forgotten, and the newest are applied again, which is harmless. */
const REMEMBERED = 10_000

/** Failures after which another question may well be answered. */
const CONCERNS_WHAT_WAS_ASKED: ReadonlySet<SeamErrorKind> = new Set(['bad_answer', 'rejected', 'too_large'])

/** Which events were applied already. */
export type DoneEvents = Set<string>

/** What is to be done for one thing: the newest event decides. */
interface Change {
  about: AboutName
  id: string
  event: NameEvent
  /** The new name, when the event has it and is newer than the kind's listing. */
  newName: string | null
}

/**
 * Applies the events since the newest listings that tell of names: from the event's own text where it has the new name, otherwise by
 * asking Seam for that one thing. Kinds that were never listed are left to their first listing. What fails for one thing or one kind keeps
 * no other from being looked at. Throws the first failure at the end, or at once when Seam cannot be asked; the events of kinds that failed
 * are applied at the next look. Returns how many things were looked at.
 */
export async function refreshNames(tools: KindTools, done: DoneEvents, signal: AbortSignal): Promise<number> {
  const { db, workspaceId } = tools
  const listedAt = await readListedAt(tools)
  const events = await listNameEvents(db, workspaceId, readFrom(listedAt), EVENTS_OF_TYPE)
  const fresh = events.filter(({ eventId }) => !done.has(eventId))
  const changes = changesIn(fresh, listedAt)
  const failures: SeamError[] = []
  const unfinished = new Set<string>()
  for (const [kind, ofKind] of Map.groupBy(changes, ({ about }) => about.kind)) {
    const ofThisKind = await refreshKind(tools, kind, ofKind, signal)
    if (ofThisKind.length > 0) for (const { event } of ofKind) unfinished.add(event.eventId)
    failures.push(...ofThisKind)
  }
  const applied = fresh.filter(({ eventId }) => !unfinished.has(eventId))
  if (done.size + applied.length > REMEMBERED) done.clear()
  for (const { eventId } of applied) done.add(eventId)
  if (failures[0] !== undefined) throw failures[0]
  return changes.length
}

/** Returns what failed because of what Seam says about a thing, or about the kind. */
async function refreshKind(
  tools: KindTools,
  kind: NameKind,
  changes: readonly Change[],
  signal: AbortSignal,
): Promise<SeamError[]> {
  const { db, workspaceId } = tools
  for (const { id, event, newName } of changes) {
    if (newName === null) continue
    const { connectedAccountId, createdAt } = event
    await saveNewName(db, { workspaceId, kind, id, name: newName, connectedAccountId, createdAt })
  }
  const unnamed = changes.filter(({ newName }) => newName === null)
  const steps =
    unnamed.length > ASKED_ONE_BY_ONE
      ? [() => syncKind(tools, kind, signal)]
      : unnamed.map(
          ({ id }) =>
            () =>
              refreshOne(tools, kind, id, signal),
        )
  const failures: SeamError[] = []
  for (const step of steps) {
    try {
      await step()
    } catch (error) {
      if (!(error instanceof SeamError && CONCERNS_WHAT_WAS_ASKED.has(error.kind))) throw error
      failures.push(error)
    }
  }
  return failures
}

/** When the newest stored listing of each kind was asked for. */
async function readListedAt({ db, workspaceId }: KindTools): Promise<Map<NameKind, Micros>> {
  const listedAt = new Map<NameKind, Micros>()
  for (const sync of await listNameSyncs(db, workspaceId)) {
    const at = sync.listedAt === null ? null : parseInstant(sync.listedAt)
    if (at !== null) listedAt.set(sync.kind, at)
  }
  return listedAt
}

/** From when on the events of each type are read. */
function readFrom(listedAt: ReadonlyMap<NameKind, Micros>): Map<string, Micros> {
  const from = new Map<string, Micros>()
  for (const [type, [first]] of EVENTS_ABOUT_NAMES) {
    const at = first && listedAt.get(first.kind)
    if (at !== undefined) from.set(type, at - LOOK_BACK)
  }
  return from
}

/** One change for each thing, by the newest event about it. */
function changesIn(events: readonly NameEvent[], listedAt: ReadonlyMap<NameKind, Micros>): Change[] {
  const changes = new Map<string, Change>()
  for (const event of events) {
    const fields = JSON.parse(event.body) as Record<string, unknown>
    for (const about of EVENTS_ABOUT_NAMES.get(event.eventType) ?? []) {
      const isNewer = event.createdAt > (listedAt.get(about.kind) ?? 0n)
      const newName = isNewer && about.newName ? nameAt(fields, about.newName) : null
      for (const id of [fields[about.from]].flat().filter(isUuid))
        changes.set(`${about.kind} ${id.toLowerCase()}`, { about, id: id.toLowerCase(), event, newName })
    }
  }
  return [...changes.values()]
}

function nameAt(fields: Record<string, unknown>, path: readonly string[]): string | null {
  let value: unknown = fields
  for (const step of path) value = (value as Record<string, unknown> | null | undefined)?.[step]
  return typeof value === 'string' && value.trim() !== '' ? storableName(value) : null
}

async function refreshOne(tools: KindTools, kind: NameKind, id: string, signal: AbortSignal): Promise<void> {
  const { db, client, workspaceId } = tools
  const asked = { workspaceId, kind, askedAt: await readDatabaseClock(db) }
  const question = { path: sourceOf(kind).getPath, key: kind, params: { [`${kind}_id`]: id } }
  const item = await getItem(client, question, signal)
  if (item === null) await saveGoneName(db, asked, id)
  else await saveNames(db, asked, [readItem(kind, item, workspaceId)])
}
