import type { Logger } from 'pino'
import { protectUnusableSession } from '../ingest/protect-unusable-session.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { saveQuarantined, type Quarantined } from '../store/quarantine/save-quarantined.ts'
import type { Db } from '../store/database.ts'
import type { SetAside } from './read-listing.ts'

/** How many go into quarantine in one statement: each is a megabyte at most. */
const SET_ASIDE_AT_ONCE = 10
/** How many one line of the log names. */
const LOGGED = 10

/**
 * Quarantines listed sessions that cannot be used (I11). A session that comes with every listing is kept once, counted, and logged only the
 * first time.
 */
export async function setAsideSessions(
  { db, secrets, logger }: { db: Db; secrets: Secrets; logger: Logger },
  workspaceId: string,
  unusable: readonly SetAside[],
): Promise<void> {
  const isNew: Quarantined[] = []
  for (let from = 0; from < unusable.length; from += SET_ASIDE_AT_ONCE) {
    const rows = unusable
      .slice(from, from + SET_ASIDE_AT_ONCE)
      .map((item) => protectUnusableSession({ ...item, workspaceId }, secrets))
    const kept = await saveQuarantined(db, rows, 'sessions')
    isNew.push(...kept.filter(({ timesSeen }) => timesSeen === 1))
  }
  if (isNew.length === 0) return
  const items = isNew.slice(0, LOGGED).map(({ id, reason }) => ({ id, reason }))
  logger.warn({ count: isNew.length, items }, 'listed client sessions cannot be used; they are in quarantine')
}
