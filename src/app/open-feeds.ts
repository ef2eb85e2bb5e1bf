import type { Logger } from 'pino'
import { type Feeds, startFeeds } from '../feed/start-feeds.ts'
import type { Releasers } from '../runtime/releasers.ts'
import type { Store } from './open-store.ts'

/** Builds what reads the newest arrivals for those who listen to them. It has connections of its own, so long queries do not delay it. */
export function openFeeds(store: Store, logger: Logger, releasers: Releasers): Feeds {
  const feeds = startFeeds({ db: store.open('feeds'), logger, monotonicMs: () => performance.now() })
  releasers.add(() => feeds.stop())
  return feeds
}
