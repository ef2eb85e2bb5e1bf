import type { PageCursors } from '../../http/page-cursor.ts'
import type { Secrets } from '../../secrets/secrets.ts'
import type { Db } from '../../store/database.ts'

export interface SessionRouteOptions {
  db: Db
  /** Decrypts the sessions' tokens, if they are kept. */
  secrets: Secrets
  pageCursors: PageCursors
}
