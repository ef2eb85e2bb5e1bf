import type { CallerProof } from '../../domain/caller.ts'
import type { Micros } from '../../domain/instant.ts'
import { readBytea, type TextRow } from '../../postgres/text-query.ts'
import type { Db } from '../database.ts'
import { listEventsSql } from './list-events-sql.ts'

/** Selects the events whose column holds any of the values. Without values it selects none. */
export interface EventFilter {
  /** `event_id`, `event_type`, or a column of EVENT_FIELDS. */
  column: string
  values: readonly string[]
}

/** All events of the workspace, or only those of these accounts and Connect Webviews (ids that are no UUIDs match nothing). */
export type EventVisibility =
  | { kind: 'all' }
  | { kind: 'only'; connectedAccountIds: readonly string[]; connectWebviewIds: readonly string[] }

export interface EventQuery {
  workspaceId: string
  visibility: EventVisibility
  /** Events created after this instant, not at it. */
  after?: Micros | undefined
  /** Events created before this instant, not at it. */
  before?: Micros | undefined
  /** All of them must hold. */
  filters: readonly EventFilter[]
  /** Events that come after this one in the list's order. */
  following?: { createdAt: Micros; eventId: string } | undefined
  limit: number
  offset: number
  /** Whether the caller may see the secrets. Absent: they are not read. */
  withSecrets?: boolean
  /** Reads where the events stand in the list, instead of what they say. */
  onlyPositions?: boolean
}

/** An event as it is stored: its text without the secrets, and the sealed secrets beside it. */
export interface StoredEvent {
  body: string
  /** Null also when they were not asked for. */
  sealedSecrets: Buffer | null
  /** The event whose row the secrets were sealed for; empty when they were not asked for. */
  eventId: string
}

export interface ListedEvents {
  events: StoredEvent[]
  /** Whether further events were left out because they would have passed `maxBytes`. */
  isCut: boolean
  /**
   * Whether the caller is still who the proof says. It is unknown without a proof, and without rows that could say it. (A join with the
   * proof would always give a row, but cost Postgres 0.1 ms more.) `no`: no events are returned.
   */
  proven: 'yes' | 'no' | 'unknown'
}

/**
 * The events, newest first, ties by event id. It reads as many as fit into `maxBytes`, but at least one. With a proof, the rows themselves
 * say whether a caller that was known a moment ago is still the same.
 */
export async function listEvents(
  db: Pick<Db, 'queryTexts'>,
  query: EventQuery,
  maxBytes: number,
  proof: CallerProof | null = null,
): Promise<ListedEvents> {
  if (query.filters.some(({ values }) => values.length === 0))
    return { events: [], isCut: false, proven: 'unknown' }
  const { rows, isCut } = await db.queryTexts(listEventsSql(query, proof), maxBytes)
  const proven = proof === null ? 'unknown' : provenBy(rows)
  if (proven === 'no') return { events: [], isCut: false, proven }
  return { events: rows.map(query.withSecrets ? eventWithSecrets : eventWithout), isCut, proven }
}

/** The proof is the last column of each row. */
function provenBy([first]: readonly TextRow[]): ListedEvents['proven'] {
  if (first === undefined) return 'unknown'
  return first.at(-1) === IS_TRUE ? 'yes' : 'no'
}

/** How Postgres writes `true` as text. */
const IS_TRUE = 't'

function eventWithout([body]: TextRow): StoredEvent {
  return { body: body as string, sealedSecrets: null, eventId: '' }
}

function eventWithSecrets([body, secrets, eventId]: TextRow): StoredEvent {
  return { body: body as string, sealedSecrets: readBytea(secrets), eventId: eventId as string }
}
