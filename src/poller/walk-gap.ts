import { createHash } from 'node:crypto'
import { parseEvent } from '../domain/event.ts'
import { MICROS_PER_SECOND, type Micros, microsFromMillis, parseInstant } from '../domain/instant.ts'
import { isUuid } from '../domain/uuid.ts'
import type { IngestItem, NoteQuarantined } from '../ingest/ingest-batch.ts'
import type { Keyring } from '../secrets/keyring.ts'
import type { Lease } from '../store/leases.ts'
import type { Db } from '../store/open-database.ts'
import { listEventsPage } from '../seam/list-events-page.ts'
import type { SeamClient } from '../seam/open-seam-client.ts'
import { type RetryPolicy, type Waiting, withRetries } from '../seam/with-retries.ts'
import { storePage } from './store-page.ts'
import type { PageItem } from './listing.ts'
import { type WalkState, type WalkStep, nextRequest, takePage } from './walk.ts'

/** What a run of the poller has done so far. */
export interface Tally {
  pages: number
  eventsSeen: number
  eventsNew: number
  quarantined: number
  /** Seam's clock when it was asked for the newest answer: at the earliest, and at the latest. */
  askedAt: Micros | null
  askedAtMost: Micros | null
}

/** What asking for a page takes. */
export interface AskTools {
  client: SeamClient
  workspaceId: string
  settleSeconds: number
  retryPolicy: RetryPolicy
  waiting: Waiting
  signal: AbortSignal
}

export interface WalkTools extends AskTools {
  db: Db
  /** Null: secrets of events are masked and not kept. */
  keyring: Keyring | null
  noteQuarantined: NoteQuarantined
  /** Checked in every transaction that moves coverage (I13). */
  lease: Lease
}

/** An answer to a walk's request: its items to store, and where the walk stands once they are. */
export interface AnsweredPage {
  items: IngestItem[]
  step: WalkStep
  /** Seam's clock when it was asked: at the earliest, and at the latest. Null without a readable `Date`. */
  askedAt: Micros | null
  askedAtMost: Micros | null
}

/** Asks for the next page of a walk, with retries; null when the walk has ended. Stores nothing. */
export async function askForPage(tools: AskTools, state: WalkState): Promise<AnsweredPage | null> {
  const { client, workspaceId, settleSeconds, retryPolicy, waiting, signal } = tools
  const request = nextRequest(state)
  if (request === null) return null
  let exchangeMs = 0
  const ask = async () => {
    const sentAt = performance.now()
    const answer = await listEventsPage(client, request, signal)
    exchangeMs = performance.now() - sentAt
    return answer
  }
  const { items: texts, askedAt } = await withRetries(ask, retryPolicy, waiting, signal)
  const items = texts.map((json) => parseEvent(json, workspaceId))
  const step = takePage(state, {
    items: items.flatMap((item, i) => placeOf(item, texts[i] ?? '')),
    listedCount: items.length,
    horizon: askedAt === null ? null : askedAt - BigInt(settleSeconds) * MICROS_PER_SECOND,
  })
  // The header says seconds, rounded down.
  const uncertainty = microsFromMillis(exchangeMs) + MICROS_PER_SECOND
  return {
    items,
    step,
    askedAt,
    askedAtMost: askedAt === null ? null : askedAt + uncertainty,
  }
}

/** Does one step of a walk: asks for a page, stores it with what it proves, and returns the state after it. */
export async function walkOnePage(tools: WalkTools, state: WalkState, tally: Tally): Promise<WalkState> {
  const page = await askForPage(tools, state)
  if (page === null) return state
  const { items, step, askedAt, askedAtMost } = page
  const stored = await storePage(tools.db, tools.lease, items, step.proven, tools.keyring)
  tally.pages += 1
  tally.eventsSeen += items.length
  tally.eventsNew += stored.inserted.length
  tally.quarantined += stored.quarantined
  tools.noteQuarantined(stored.kept, 'poll')
  tally.askedAt = askedAt
  tally.askedAtMost = askedAtMost
  return step.state
}

/**
 * Where a listed item stands in the listing. An item that can't be stored (another workspace's, say) still has its place in
 * the order, as long as its creation time can be read; one without a usable id is known by its text.
 */
function placeOf(parsed: IngestItem, json: string): PageItem[] {
  // Nothing else of the event: a walk remembers the places of many pages.
  if (parsed.kind === 'event') return [{ eventId: parsed.eventId, createdAt: parsed.createdAt }]
  const item = JSON.parse(json) as { event_id?: unknown; created_at?: unknown } | null
  const createdAt = typeof item?.created_at === 'string' ? parseInstant(item.created_at) : null
  if (createdAt === null) return []
  const eventId = isUuid(item?.event_id)
    ? item.event_id.toLowerCase()
    : createHash('sha256').update(json).digest('hex')
  return [{ eventId, createdAt }]
}
