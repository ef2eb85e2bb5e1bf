import { setImmediate } from 'node:timers/promises'
import type { Keyring } from '../secrets/keyring.ts'
import { SeamError } from '../seam/seam-error.ts'
import type { ListedSession } from '../store/listed-session.ts'
import { readSession } from './read-session.ts'

/** After so many, waiting requests get their turn: hashing and sealing 10,000 takes half a second. */
const ITEMS_AT_ONCE = 200

/**
 * All sessions of a listing, checked. One that can't be used makes the whole listing unusable: leaving it out would mark it
 * deleted, and its user would be locked out. The same goes for another workspace's session, after which it is doubtful whose
 * list this is, and for two sessions of one id, of which nobody knows the right one. Throws SeamError `bad_answer`.
 */
export async function readListing(
  items: readonly string[],
  workspaceId: string,
  keyring: Keyring | null,
): Promise<ListedSession[]> {
  const positions = new Map<string, number>()
  const sessions: ListedSession[] = []
  for (const [i, json] of items.entries()) {
    const session = readSession(json, workspaceId, keyring)
    if (typeof session === 'string') throw refused(i, items.length, session)
    const before = positions.get(session.clientSessionId)
    if (before !== undefined) throw refused(i, items.length, `it has the id of item ${before + 1}`)
    positions.set(session.clientSessionId, i)
    sessions.push(session)
    if (sessions.length % ITEMS_AT_ONCE === 0) await setImmediate()
  }
  return sessions
}

function refused(index: number, count: number, problem: string): SeamError {
  return new SeamError(
    'bad_answer',
    `Item ${index + 1} of ${count} that Seam listed as client sessions can't be used: ${problem}. None of them was taken.`,
  )
}
