import { type FurthestRange, readFurthestRange } from '../store/coverage/read-furthest-range.ts'
import type { Db } from '../store/database.ts'
import { readArrivalStart } from '../store/events/read-arrival-start.ts'
import { LostArrivalCursorError, readSelectableArrivals } from '../store/events/read-arrivals.ts'
import { Feed } from './feed.ts'

export interface FeedSourceOptions {
  db: Pick<Db, 'executeQuery'>
  workspaceId: string
  monotonicMs: () => number
}

/** Reads a workspace's arrivals, page by page, into its feed. */
export interface FeedSource {
  /** A feed that begins now. */
  open: () => Promise<Feed>
  /** Reads the next page; returns whether there is more. */
  readOn: (feed: Feed) => Promise<boolean>
}

const PAGE = { limit: 500, maxBytes: 1024 * 1024 }
const COVERAGE_EVERY_MS = 1_000

export function createFeedSource({ db, workspaceId, monotonicMs }: FeedSourceOptions): FeedSource {
  /** What is proven complete but not yet shown, because not all events of it may have been read. */
  let proven: { range: FurthestRange | null; broughtBefore: bigint } | null = null
  let provenAtMs = -Infinity

  /**
   * Coverage is read before the page, and shown when the page is settled up to the snapshot of coverage: then whoever has read the page has
   * seen all events of the proven range (I15), also those that an older transaction held back (I8).
   */
  async function readPage(feed: Feed): Promise<boolean> {
    if (proven === null && monotonicMs() - provenAtMs >= COVERAGE_EVERY_MS) {
      proven = await readFurthestRange(db, workspaceId)
      provenAtMs = monotonicMs()
    }
    const page = await readSelectableArrivals(db, { workspaceId, after: feed.end, ...PAGE })
    feed.add(page.events)
    if (proven !== null && !page.hasMore && page.settledBefore >= proven.broughtBefore) {
      feed.cover(proven.range)
      proven = null
    }
    return page.hasMore
  }

  return {
    open: async () => {
      const feed = new Feed(await readArrivalStart(db, workspaceId))
      await readPage(feed)
      return feed
    },
    readOn: async (feed) => {
      try {
        return await readPage(feed)
      } catch (error) {
        if (!(error instanceof LostArrivalCursorError)) throw error
        proven = null
        feed.restart(await readArrivalStart(db, workspaceId))
        return true
      }
    },
  }
}
