import { createHash } from 'node:crypto'
import { type UnusableEvent, parseEvent } from '../domain/event.ts'
import { MICROS_PER_SECOND, type Micros, parseInstant } from '../domain/instant.ts'
import { isUuid } from '../domain/uuid.ts'
import type { IngestItem } from '../ingest/ingest-batch.ts'
import { type EventsPage, type ListedItem, listEventsPage } from '../seam/list-events-page.ts'
import type { SeamClient } from '../seam/open-seam-client.ts'
import { SeamError } from '../seam/seam-error.ts'
import { type RetryPolicy, type Waiting, withRetries } from '../seam/with-retries.ts'
import { type ClockVerdict, judgeClocks } from './judge-clocks.ts'
import type { PageItem } from './listing.ts'
import type { PageSize } from './page-size.ts'
import { type PageRequest, type WalkState, type WalkStep, nextRequest, takePage } from './walk.ts'

/** What is needed to ask for a page. */
export interface AskTools {
  client: SeamClient
  workspaceId: string
  settleSeconds: number
  retryPolicy: RetryPolicy
  waiting: Waiting
  pageSize: PageSize
  signal: AbortSignal
}

/** The answer to a walk's request: the items to store, and the walk's step, which holds once they are stored. */
export interface AnsweredPage {
  items: IngestItem[]
  step: WalkStep
  clock: ClockVerdict
}

/**
 * Asks for the next page of a walk, with retries; returns null when the walk has ended. It stores nothing. It reads the database's clock
 * before it asks, because an answer cannot show what is created later.
 */
export async function askForPage(
  tools: AskTools,
  state: WalkState,
  databaseNow: () => Micros,
): Promise<AnsweredPage | null> {
  const { retryPolicy, waiting, signal } = tools
  const request = nextRequest(state)
  if (request === null) return null
  const ask = async () => {
    const clock = databaseNow()
    return { ...(await listFittingPage(tools, request)), clock }
  }
  const answer = await withRetries(ask, retryPolicy, waiting, signal)
  const clock = judgeClocks(answer.date, answer.clock)
  const items = answer.items.map((item) => parseListed(item, tools.workspaceId))
  const step = takePage(state, {
    items: items.flatMap((item, i) => placeOf(item, answer.items[i] ?? '')),
    listedCount: items.length,
    horizon: clock.askedAt === null ? null : clock.askedAt - BigInt(tools.settleSeconds) * MICROS_PER_SECOND,
  })
  return { items, step, clock }
}

/**
 * Makes one attempt. After an answer that was cut off or too large, it asks for a smaller page, which does not count as another attempt:
 * at most nine such failures lead from 500 events to 1, and they take no time. Otherwise each event that is too much for a gateway beside
 * others would cost one or two failed runs. After other failures, the next attempt asks for the smaller page.
 */
async function listFittingPage(
  { client, pageSize, retryPolicy, waiting, signal }: AskTools,
  request: PageRequest,
): Promise<EventsPage> {
  for (;;) {
    try {
      const page = await listEventsPage(client, { ...request, limit: pageSize.limit() }, signal)
      pageSize.grow(page.items.length)
      return page
    } catch (error) {
      if (signal.aborted || !(error instanceof SeamError) || !error.mayBeTooMuch) throw error
      const isSmaller = pageSize.shrink()
      if (!isSmaller || !(error.wasCutOff || error.kind === 'too_large')) throw error
      if (error.wasCutOff) await waiting.sleep(shortDelayMs(retryPolicy, waiting), signal)
      if (signal.aborted) throw error
    }
  }
}

/** An eighth to a quarter of the first delay, at random, so that many processes do not ask at the same moment. */
function shortDelayMs({ firstDelayMs }: RetryPolicy, { random }: Waiting): number {
  return (firstDelayMs / 4) * (0.5 + random() / 2)
}

/** An item that is not UTF-8 goes to quarantine with its bytes, as a webhook does, because its text would have replaced characters. */
function parseListed(item: ListedItem, workspaceId: string): IngestItem {
  if (typeof item === 'string') return parseEvent(item, workspaceId)
  const detail = 'The body is not UTF-8.'
  return { kind: 'unusable', workspaceId, reason: 'not_utf8', detail, body: item } satisfies UnusableEvent
}

/**
 * The place of a listed item in the order of the listing; none when its creation time cannot be read. An item that cannot be stored (it
 * belongs to another workspace, for example) has a place as well. One without a usable id gets the hash of its text as its id.
 */
function placeOf(parsed: IngestItem, listed: ListedItem): PageItem[] {
  // Only these two values are kept, because a walk remembers the places of many pages.
  if (parsed.kind === 'event') return [{ eventId: parsed.eventId, createdAt: parsed.createdAt }]
  const json = listed.toString()
  const item = JSON.parse(json) as { event_id?: unknown; created_at?: unknown } | null
  const createdAt = typeof item?.created_at === 'string' ? parseInstant(item.created_at) : null
  if (createdAt === null) return []
  const eventId = isUuid(item?.event_id)
    ? item.event_id.toLowerCase()
    : createHash('sha256').update(json).digest('hex')
  return [{ eventId, createdAt }]
}
