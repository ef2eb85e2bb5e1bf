import { listClientSessions } from '../seam/list-client-sessions.ts'
import type { SeamClient } from '../seam/open-seam-client.ts'
import { type RetryPolicy, type Waiting, withRetries } from '../seam/with-retries.ts'
import type { Keyring } from '../secrets/keyring.ts'
import type { Db } from '../store/open-database.ts'
import { readDatabaseClock } from '../store/read-database-clock.ts'
import { type StoredListing, storeSessionListing } from '../store/store-session-listing.ts'
import { readListing } from './read-listing.ts'
import { refreshWorkspace } from './refresh-workspace.ts'

export interface SyncTools {
  db: Db
  client: SeamClient
  workspaceId: string
  /** Without it tokens are hashed, but not kept. */
  keyring: Keyring | null
  retryPolicy: RetryPolicy
  waiting: Waiting
}

export interface SyncCounts extends StoredListing {
  listed: number
}

/**
 * One sync of a workspace's client sessions (contract 8.1): the whole list is asked for, checked and stored in one transaction.
 * Throws, with nothing changed, when any of that fails.
 */
export async function syncSessions(tools: SyncTools, signal: AbortSignal): Promise<SyncCounts> {
  const { db, client, workspaceId, keyring, retryPolicy, waiting } = tools
  await withRetries(() => refreshWorkspace(db, client, workspaceId, signal), retryPolicy, waiting, signal)
  const { askedAt, items } = await withRetries(
    async () => {
      // Before the request: of a deletion that is heard of later, this listing knows nothing (store-session-listing.ts).
      const now = await readDatabaseClock(db)
      return { askedAt: now, items: await listClientSessions(client, signal) }
    },
    retryPolicy,
    waiting,
    signal,
  )
  const sessions = await readListing(items, workspaceId, keyring)
  const result = await db
    .transaction()
    .execute((trx) => storeSessionListing(trx, { workspaceId, askedAt, sessions }))
  return { ...result, listed: sessions.length }
}
