import { listClientSessions } from '../seam/list-client-sessions.ts'
import type { SeamClient } from '../seam/open-seam-client.ts'
import { SeamError } from '../seam/seam-error.ts'
import { type RetryPolicy, type Waiting, withRetries } from '../seam/with-retries.ts'
import { readDatabaseClock } from '../postgres/read-database-clock.ts'
import { type AppliedListing, type ApplyTools, applyListing } from './apply-listing.ts'
import { type Listing, MAX_UNUSABLE, readListing } from './read-listing.ts'
import { refreshWorkspace } from './refresh-workspace.ts'
import { setAsideSessions } from './set-aside-sessions.ts'

export interface SyncTools extends ApplyTools {
  client: SeamClient
  workspaceId: string
  retryPolicy: RetryPolicy
  waiting: Waiting
}

export interface SyncCounts extends AppliedListing {
  listed: number
}

/**
 * One sync of a workspace's client sessions (contract 8.1): asks for the whole list and applies it once it is known to be complete.
 * Otherwise it throws, with nothing changed.
 */
export async function syncSessions(tools: SyncTools, signal: AbortSignal): Promise<SyncCounts> {
  const { db, client, workspaceId, retryPolicy, waiting } = tools
  await withRetries(() => refreshWorkspace(db, client, workspaceId, signal), retryPolicy, waiting, signal)
  const { askedAt, listing } = await withRetries(
    async () => {
      // Read before the request: this listing cannot know about a deletion that comes later (save-listed-sessions.ts).
      const now = await readDatabaseClock(db)
      return { askedAt: now, listing: await readListing(listClientSessions(client, signal), workspaceId) }
    },
    retryPolicy,
    waiting,
    signal,
  )
  await setAsideSessions(tools, workspaceId, listing.unusable)
  requireUsable(listing)
  const applied = await applyListing(tools, { workspaceId, askedAt }, listing, signal)
  return { listed: listing.listed, ...applied }
}

/** Refuses a listing when all or more than MAX_UNUSABLE of its sessions cannot be used: its form must have changed, so nothing is deleted. */
function requireUsable({ listed, ids, unusable, unusableCount }: Listing): void {
  const isAll = ids.size === 0 && unusableCount > 0
  if (!isAll && unusableCount <= MAX_UNUSABLE) return
  throw new SeamError(
    'bad_answer',
    `${unusableCount} of ${listed} items that Seam listed as client sessions cannot be used (${unusable[0]?.reason}). None of them was taken.`,
  )
}
