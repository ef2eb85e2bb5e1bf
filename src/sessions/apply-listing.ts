import type { Logger } from 'pino'
import type { Keyring } from '../secrets/keyring.ts'
import {
  claimSessionListing,
  type SessionListingClaim,
  underClaim,
} from '../store/sessions/claim-session-listing.ts'
import { finishSessionListing } from '../store/sessions/finish-session-listing.ts'
import { liveSessionIds } from '../store/sessions/live-session-ids.ts'
import { type Belief, markSessionsMissing } from '../store/sessions/mark-sessions-missing.ts'
import type { Db } from '../store/database.ts'
import { setAsideSessions } from './set-aside-sessions.ts'
import { storePart } from './store-part.ts'
import type { Listing, SetAside } from './read-listing.ts'

/** Sessions marked in one transaction. */
const MARKED_AT_ONCE = 1_000

export interface ApplyTools {
  db: Db
  /** Without it tokens are hashed, but not kept. */
  keyring: Keyring | null
  logger: Logger
  /** How long after a listing that can't be believed by itself another one has to say the same. */
  secondLookSeconds: number
}

export interface AppliedListing {
  /** Sessions that were new, changed, or back. */
  stored: number
  /** Sessions that are deleted now, because the listing no longer had them. */
  vanished: number
  /** Those that could not be used. */
  unusable: number
  /** Sessions that are neither confirmed nor deleted now. */
  unconfirmed: number
}

/**
 * Makes the copy equal to a listing that is known to be whole: new and changed sessions are stored, those that came back are back, those that
 * are not in it are deleted; and the success is noted. In many short transactions, each under the claim of this listing: what is left
 * of one that is broken off (by the signal, say) is true, and the next listing does the rest.
 *
 * A listing is not believed at once when it would delete more than half of the sessions (an empty one after an outage), or has something
 * in it that may be any of those that it lacks. Then the missing ones are unconfirmed, and deleted when they are still missing at
 * the next listing. The token of an unconfirmed session opens nothing: to refuse is safe, to delete is not.
 */
export async function applyListing(
  tools: ApplyTools,
  claim: SessionListingClaim,
  listing: Listing,
  signal?: AbortSignal,
): Promise<AppliedListing> {
  const { db, keyring, secondLookSeconds } = tools
  await claimSessionListing(db, claim)
  const { known, absent } = await compare(db, claim.workspaceId, listing)
  let stored = 0
  const refused: SetAside[] = []
  for (const part of listing.parts) {
    signal?.throwIfAborted()
    const result = await storePart(db, keyring, claim, part, listing.ids)
    stored += result.stored
    refused.push(...result.refused)
  }
  await setAsideSessions(tools, claim.workspaceId, refused)
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

/** How many sessions there were before, and which of them the listing does not show. */
async function compare(
  db: Db,
  workspaceId: string,
  { ids }: Listing,
): Promise<{ known: number; absent: string[] }> {
  const absent: string[] = []
  let known = 0
  for await (const page of liveSessionIds(db, workspaceId)) {
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
    deleted += (await underClaim(db, claim, (trx) => markSessionsMissing(trx, claim, some, belief))).deleted
  }
  return deleted
}
