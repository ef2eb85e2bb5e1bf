import type { MakeApiRoute } from '../../http/api-route.ts'
import type { PageCursors } from '../../http/page-cursor.ts'
import type { Secrets } from '../../secrets/secrets.ts'
import type { Db } from '../../store/database.ts'

export interface SessionRoutesOptions {
  db: Db
  route: MakeApiRoute
  /** Decrypts the sessions' tokens, if they are kept. */
  secrets: Secrets
  pageCursors: PageCursors
}
