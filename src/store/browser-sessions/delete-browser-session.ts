import type { Db } from '../database.ts'

/** Ends a session at once, if there is one with this cookie's SHA-256. */
export async function deleteBrowserSession(db: Db, sessionSha256: Buffer): Promise<void> {
  await db.deleteFrom('browser_sessions').where('session_sha256', '=', sessionSha256).execute()
}
