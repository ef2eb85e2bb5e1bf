import { sql } from 'kysely'
import { BROWSER_SESSION_HOURS } from '../../domain/browser-session.ts'
import type { Db } from '../database.ts'
import { CLOCK, rfc3339 } from '../expressions.ts'
import type { BrowserSession } from './list-browser-sessions.ts'

/** Browser sessions of one credential in one workspace; the oldest ends when there is one more. */
export const MAX_BROWSER_SESSIONS = 1_000
/** How many sessions that have ended are removed when a new one is made. More than one, so that none stay for long. */
const MAX_REMOVED = 100

export type NewBrowserSession = BrowserSession & { sessionSha256: Buffer }

/** What the caller is told of its new session: RFC 3339, to the second. */
export interface SessionTimes {
  createdAt: string
  expiresAt: string
}

/**
 * Stores a session, and removes some that have ended, and the oldest of this credential when it has too many. Rows that another call is
 * removing are skipped, so calls never wait for each other. Sessions that are made at the same moment may exceed the maximum by their number.
 */
export async function insertBrowserSession(db: Db, session: NewBrowserSession): Promise<SessionTimes> {
  const { workspaceId, sessionSha256, kind, keyId, credentialSha256 } = session
  return db
    .with('surplus', (qb) =>
      qb
        .selectFrom('browser_sessions')
        .select('session_sha256')
        // A query within the query, because rows that an offset passes over would be locked as well.
        .where('session_sha256', 'in', (eb) =>
          eb
            .selectFrom('browser_sessions')
            .select('session_sha256')
            .where('workspace_id', '=', workspaceId)
            .where('credential_sha256', '=', credentialSha256)
            .orderBy('created_at', 'desc')
            .offset(MAX_BROWSER_SESSIONS - 1)
            .limit(MAX_REMOVED),
        )
        .forUpdate()
        .skipLocked(),
    )
    .with('ended', (qb) =>
      qb
        .selectFrom('browser_sessions')
        .select('session_sha256')
        .where('expires_at', '<=', CLOCK)
        .orderBy('expires_at')
        .limit(MAX_REMOVED)
        .forUpdate()
        .skipLocked(),
    )
    .with('removed', (qb) =>
      qb
        .deleteFrom('browser_sessions')
        .where('session_sha256', 'in', (eb) =>
          eb
            .selectFrom('surplus')
            .select('session_sha256')
            .unionAll(eb.selectFrom('ended').select('session_sha256')),
        ),
    )
    .insertInto('browser_sessions')
    .values({
      workspace_id: workspaceId,
      session_sha256: sessionSha256,
      kind,
      key_id: keyId,
      credential_sha256: credentialSha256,
      expires_at: sql<string>`clock_timestamp() + make_interval(hours => ${sql.lit(BROWSER_SESSION_HOURS)})`,
    })
    .returning((eb) => [
      rfc3339(eb.ref('created_at'), 'seconds').as('createdAt'),
      rfc3339(eb.ref('expires_at'), 'seconds').as('expiresAt'),
    ])
    .executeTakeFirstOrThrow()
}
