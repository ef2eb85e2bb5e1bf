import type { Logger } from 'pino'
import type { Db } from '../store/database.ts'
import type { Feed } from './feed.ts'
import { createFeedSource } from './feed-source.ts'
import { type FeedReader, startFeedReader } from './start-feed-reader.ts'

export interface FeedsOptions {
  db: Pick<Db, 'executeQuery'>
  logger: Logger
  monotonicMs: () => number
}

export interface Feeds {
  /** The feed of a workspace, which is read as long as somebody listens: until the signals of all who joined have fired. */
  join: (workspaceId: string, signal: AbortSignal) => Promise<Feed>
  /** Events of these workspaces were stored by this replica. It does nothing while nobody listens. */
  stored: (events: readonly { workspaceId: string }[]) => void
  /** Reads nothing any more. */
  stop: () => Promise<void>
}

interface Joined {
  reader: FeedReader
  listeners: number
}

/** One reader of the database for each workspace that somebody listens to. */
export function startFeeds({ db, logger, monotonicMs }: FeedsOptions): Feeds {
  const joined = new Map<string, Joined>()
  const stopping = new Set<Promise<void>>()

  function open(workspaceId: string): Joined {
    const source = createFeedSource({ db, workspaceId, monotonicMs })
    const opened = { reader: startFeedReader(source, logger.child({ workspaceId })), listeners: 0 }
    joined.set(workspaceId, opened)
    // Who comes after a failure tries again.
    opened.reader.feed.catch(() => {
      if (joined.get(workspaceId) === opened) joined.delete(workspaceId)
    })
    return opened
  }

  function close(workspaceId: string, opened: Joined): void {
    if (joined.get(workspaceId) === opened) joined.delete(workspaceId)
    const stopped = opened.reader.stop().finally(() => stopping.delete(stopped))
    stopping.add(stopped)
  }

  return {
    join: (workspaceId, signal) => {
      const opened = joined.get(workspaceId) ?? open(workspaceId)
      opened.listeners += 1
      const leave = (): void => {
        opened.listeners -= 1
        if (opened.listeners === 0) close(workspaceId, opened)
      }
      if (signal.aborted) leave()
      else signal.addEventListener('abort', leave, { once: true })
      return opened.reader.feed
    },
    stored: (events) => {
      if (joined.size === 0) return
      for (const { workspaceId } of events) joined.get(workspaceId)?.reader.wake()
    },
    stop: async () => {
      for (const [workspaceId, opened] of joined) close(workspaceId, opened)
      await Promise.all(stopping)
    },
  }
}
