import { protectUnusableSession } from '../ingest/protect-unusable-session.ts'
import type { Keyring } from '../secrets/keyring.ts'
import { insertQuarantined } from '../store/insert-quarantined.ts'
import type { Db } from '../store/open-database.ts'
import type { SetAside } from './read-listing.ts'

/** Put into quarantine in one statement: a megabyte each at most. */
const SET_ASIDE_AT_ONCE = 10

/** Keeps what was listed as sessions and can't be used (I11). The same ones of every listing are kept once, and counted. */
export async function setAsideSessions(
  db: Db,
  keyring: Keyring | null,
  workspaceId: string,
  unusable: readonly SetAside[],
): Promise<void> {
  for (let from = 0; from < unusable.length; from += SET_ASIDE_AT_ONCE) {
    const rows = unusable
      .slice(from, from + SET_ASIDE_AT_ONCE)
      .map((item) => protectUnusableSession({ ...item, workspaceId }, keyring))
    await insertQuarantined(db, rows, 'sessions')
  }
}
