import type { Authenticate } from '../http/authenticate.ts'
import type { PageCursors } from '../http/page-cursor.ts'
import type { Keyring } from '../secrets/keyring.ts'
import type { Db } from '../store/open-database.ts'

export interface SessionRoutesOptions {
  db: Db
  authenticate: Authenticate
  /** Opens the tokens of sessions; null when they are not kept. */
  keyring: Keyring | null
  pageCursors: PageCursors
}
