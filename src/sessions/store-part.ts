import { hash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { type UnusableSession, unusableSession } from '../domain/client-session.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { type SessionListingClaim, underClaim } from '../store/sessions/claim-session-listing.ts'
import { listChangedSessions } from '../store/sessions/list-changed-sessions.ts'
import type { ListedSession } from '../store/sessions/listed-session.ts'
import type { Db } from '../store/database.ts'
import { postgresErrorKind } from '../postgres/postgres-errors.ts'
import { saveListedSessions } from '../store/sessions/save-listed-sessions.ts'
import type { ListingPart } from './listing-part.ts'
import type { Listing, SetAside } from './read-listing.ts'
import { readSession } from './read-session.ts'

/** After this many sessions were read, hashed and sealed (20 µs each), waiting requests get their turn. */
const SESSIONS_AT_ONCE = 50
/** Must be increased when sessions are read into different columns, so that each session is stored again. */
const COLUMNS_VERSION = 1

/** A session to store, and the bytes it came from. */
interface Changed {
  session: ListedSession
  item: Buffer
}

export interface StoredPart {
  /** Sessions that were new, changed, or back. */
  stored: number
  /** Sessions that turned out to be unusable when they were read or stored. */
  refused: SetAside[]
}

/** Stores those sessions of a part that changed. Unchanged ones are neither read nor sent nor locked. */
export async function storePart(
  db: Db,
  secrets: Secrets,
  claim: SessionListingClaim,
  part: ListingPart,
  listed: Listing['ids'],
): Promise<StoredPart> {
  const { workspaceId } = claim
  const places = part.ids.flatMap((id, place) => (listed.has(id) ? [place] : []))
  const digestPrefix = Buffer.from([COLUMNS_VERSION, ...Buffer.from(secrets.keyIds[0] ?? '', 'hex')])
  const digests = places.map((place) =>
    Buffer.concat([digestPrefix, hash('sha256', part.item(place), 'buffer')]),
  )
  const ids = places.map((place) => part.ids[place] as string)
  const changed: Changed[] = []
  const refused: SetAside[] = []
  for (const [done, n] of (await listChangedSessions(db, workspaceId, ids, digests)).entries()) {
    const item = part.item(places[n] as number)
    const read = readSession(item.toString('utf8'), digests[n] as Buffer, workspaceId, secrets)
    if (read.kind === 'unusable') refused.push(setAside({ ...read, clientSessionId: ids[n] ?? null }, item))
    else changed.push({ session: read.session, item })
    if (done % SESSIONS_AT_ONCE === 0) await setImmediate()
  }
  const result = await storeChanged(db, claim, changed)
  return { stored: result.stored, refused: [...refused, ...result.refused] }
}

/** Halves a batch that Postgres refuses until each refused session stands alone, so that one bad session does not cost the others. */
async function storeChanged(
  db: Db,
  claim: SessionListingClaim,
  changed: readonly Changed[],
): Promise<StoredPart> {
  const [first] = changed
  if (first === undefined) return { stored: 0, refused: [] }
  try {
    const sessions = changed.map(({ session }) => session)
    const stored = await underClaim(db, claim, (trx) => saveListedSessions(trx, claim, sessions))
    return { stored, refused: [] }
  } catch (error) {
    if (postgresErrorKind(error) !== 'data') throw error
    if (changed.length === 1) {
      const { clientSessionId } = first.session
      const problem = unusableSession('session_refused_by_database', clientSessionId)
      return { stored: 0, refused: [setAside(problem, first.item)] }
    }
    const middle = changed.length >> 1
    const left = await storeChanged(db, claim, changed.slice(0, middle))
    const right = await storeChanged(db, claim, changed.slice(middle))
    return { stored: left.stored + right.stored, refused: [...left.refused, ...right.refused] }
  }
}

function setAside(problem: UnusableSession, item: Buffer): SetAside {
  return { ...problem, body: Buffer.from(item) }
}
