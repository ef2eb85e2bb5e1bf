import type { Logger } from 'pino'
import type { Secrets } from '../secrets/secrets.ts'
import {
  claimSessionListing,
  releaseSessionListing,
  type SessionListingClaim,
  underClaim,
} from '../store/sessions/claim-session-listing.ts'
import { finishSessionListing } from '../store/sessions/finish-session-listing.ts'
import { listLiveSessionIds } from '../store/sessions/list-live-session-ids.ts'
import { type Belief, saveMissingSessions } from '../store/sessions/save-missing-sessions.ts'
import type { Db } from '../store/database.ts'
import { setAsideSessions } from './set-aside-sessions.ts'
import { storePart } from './store-part.ts'
import type { Listing, SetAside } from './read-listing.ts'

/** Most sessions marked in one transaction. */
const MARKED_AT_ONCE = 1_000
/** After so many parts, the claim is renewed even if nothing was stored. */
const PARTS_BETWEEN_SIGNS = 4

export interface ApplyTools {
  db: Db
  secrets: Secrets
  logger: Logger
  /** How long after a listing that cannot be believed alone another one must confirm it. */
  secondLookSeconds: number
}

export interface AppliedListing {
  /** Sessions that were new, changed, or back. */
  stored: number
  /** Sessions that were deleted now, because the listing no longer has them. */
  vanished: number
  /** Sessions that could not be used. */
  unusable: number
  /** Sessions that the listing neither confirms nor deletes. */
  unconfirmed: number
}

/**
 * Makes the copy equal to a listing that is known to be complete: stores new and changed sessions, restores those that came back, deletes
 * those that are missing, and records the success. It uses many short transactions, each under the claim of this listing. When it is
 * interrupted (by the signal, say), what it has written is true, and the next listing does the rest.
 *
 * A listing is not believed at once when it would delete more than half of the sessions (an empty one after an outage), or when it holds
 * something unreadable that may be any of the missing ones. Then the missing sessions become unconfirmed, and are deleted when the next
 * listing lacks them too. The token of an unconfirmed session opens nothing: refusing is safe, deleting is not.
 */
export async function applyListing(
  tools: ApplyTools,
  claim: SessionListingClaim,
  listing: Listing,
  signal?: AbortSignal,
): Promise<AppliedListing> {
  const { db } = tools
  await claimSessionListing(db, claim)
  try {
    return await storeListing(tools, claim, listing, signal)
  } catch (error) {
    // The claim stalls by itself, and the error that is thrown says more.
    await releaseSessionListing(db, claim).catch(() => {})
    throw error
  }
}

async function storeListing(
  { db, secrets, secondLookSeconds, logger }: ApplyTools,
  claim: SessionListingClaim,
  listing: Listing,
  signal: AbortSignal | undefined,
): Promise<AppliedListing> {
  const { known, absent } = await compare(db, claim.workspaceId, listing)
  let stored = 0
  const refused: SetAside[] = []
  for (const [n, part] of listing.parts.entries()) {
    signal?.throwIfAborted()
    // Unchanged parts write nothing, and many of them in a row would look as if the process were gone.
    if (n % PARTS_BETWEEN_SIGNS === PARTS_BETWEEN_SIGNS - 1) await underClaim(db, claim, async () => {})
    const result = await storePart(db, secrets, claim, part, listing.ids)
    stored += result.stored
    refused.push(...result.refused)
  }
  await setAsideSessions({ db, secrets, logger }, claim.workspaceId, refused)
  const unusable = [...listing.unusable, ...refused]
  const unclear = new Set(unusable.map(({ clientSessionId }) => clientSessionId))
  const missing = absent.filter((id) => !unclear.has(id))
  const isDoubtful = unclear.delete(null) || missing.length * 2 > known
  const belief: Belief = isDoubtful
    ? { kind: 'unconfirmed', deletedAfterSeconds: secondLookSeconds }
    : { kind: 'deleted' }
  const vanished = await mark(db, claim, missing, belief)
  await mark(db, claim, [...unclear] as string[], { kind: 'unclear' })
  const { unconfirmed } = await underClaim(db, claim, (trx) =>
    finishSessionListing(trx, claim, { listed: listing.listed, unusable: unusable.length }),
  )
  return { stored, vanished, unusable: unusable.length, unconfirmed }
}

/** Counts the sessions that were there before, and finds those that the listing does not show. */
async function compare(
  db: Db,
  workspaceId: string,
  { ids }: Listing,
): Promise<{ known: number; absent: string[] }> {
  const absent: string[] = []
  let known = 0
  for await (const page of listLiveSessionIds(db, workspaceId)) {
    known += page.length
    for (const id of page) if (!ids.has(id)) absent.push(id)
  }
  return { known, absent }
}

async function mark(
  db: Db,
  claim: SessionListingClaim,
  ids: readonly string[],
  belief: Belief,
): Promise<number> {
  let deleted = 0
  for (let from = 0; from < ids.length; from += MARKED_AT_ONCE) {
    const some = ids.slice(from, from + MARKED_AT_ONCE)
    deleted += (await underClaim(db, claim, (trx) => saveMissingSessions(trx, claim, some, belief))).deleted
  }
  return deleted
}
