import type { IncomingMessage } from 'node:http'
import { deleteBrowserSession } from '../store/browser-sessions/delete-browser-session.ts'
import type { Db } from '../store/database.ts'
import { credentialOf } from './credential.ts'

/** Ends the session whose cookie the request was let in by. Returns false when it was let in by a header. */
export async function endBrowserSession(db: Db, request: IncomingMessage): Promise<boolean> {
  const credential = credentialOf(request)
  if (credential?.from !== 'cookie') return false
  await deleteBrowserSession(db, credential.tokenSha256)
  return true
}
