import { createHash } from 'node:crypto'
import { parseEvent } from '../domain/event.ts'
import { MICROS_PER_SECOND, type Micros, microsFromMillis, parseInstant } from '../domain/instant.ts'
import { isUuid } from '../domain/uuid.ts'
import type { Keyring } from '../secrets/keyring.ts'
import type { Lease } from '../store/leases.ts'
import type { Db } from '../store/open-database.ts'
import { listEventsPage } from '../seam/list-events-page.ts'
import type { SeamClient } from '../seam/open-seam-client.ts'
import { type RetryPolicy, type Waiting, withRetries } from '../seam/with-retries.ts'
import { storePage } from './store-page.ts'
import type { PageItem } from './listing.ts'
import { type WalkState, nextRequest, takePage } from './walk.ts'

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

export interface WalkTools {
  db: Db
  /** Null: secrets of events are masked and not kept. */
  keyring: Keyring | null
  client: SeamClient
  /** Checked in every transaction that moves coverage (I13). */
  lease: Lease
  workspaceId: string
  settleSeconds: number
  retryPolicy: RetryPolicy
  waiting: Waiting
  signal: AbortSignal
}

/** Does one step of a walk: asks for a page, stores it with what it proves, and returns the state after it. */
export async function walkOnePage(tools: WalkTools, state: WalkState, tally: Tally): Promise<WalkState> {
  const { client, db, workspaceId, settleSeconds, retryPolicy, waiting, signal } = tools
  const request = nextRequest(state)
  if (request === null) return state
  let exchangeMs = 0
  const ask = async () => {
    const sentAt = performance.now()
    const answer = await listEventsPage(client, request, signal)
    exchangeMs = performance.now() - sentAt
    return answer
  }
  const page = await withRetries(ask, retryPolicy, waiting, signal)
  const items = page.items.map((json) => parseEvent(json, workspaceId))
  const step = takePage(state, {
    items: page.items.flatMap(placeInTime),
    listedCount: page.items.length,
    horizon: page.askedAt === null ? null : page.askedAt - BigInt(settleSeconds) * MICROS_PER_SECOND,
  })
  const stored = await storePage(db, tools.lease, items, step.proven, tools.keyring)
  tally.pages += 1
  tally.eventsSeen += items.length
  tally.eventsNew += stored.inserted.length
  tally.quarantined += stored.quarantined
  tally.askedAt = page.askedAt
  // The header says seconds, rounded down.
  const uncertainty = microsFromMillis(exchangeMs) + MICROS_PER_SECOND
  tally.askedAtMost = page.askedAt === null ? null : page.askedAt + uncertainty
  return step.state
}

/**
 * Where a listed item stands in the listing. An item that can't be stored (another workspace's, say) still has its place in
 * the order, as long as its creation time can be read; one without a usable id is known by its text.
 */
function placeInTime(json: string): PageItem[] {
  const item = JSON.parse(json) as { event_id?: unknown; created_at?: unknown } | null
  const createdAt = typeof item?.created_at === 'string' ? parseInstant(item.created_at) : null
  if (createdAt === null) return []
  const eventId = isUuid(item?.event_id)
    ? item.event_id.toLowerCase()
    : createHash('sha256').update(json).digest('hex')
  return [{ eventId, createdAt }]
}
