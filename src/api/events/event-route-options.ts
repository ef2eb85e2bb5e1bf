import type { PageCursors } from '../../http/page-cursor.ts'
import type { Secrets } from '../../secrets/secrets.ts'
import type { Db } from '../../store/database.ts'

export interface EventRouteOptions {
  db: Db
  /** Decrypts what `secrets:read` may see, if it was kept. */
  secrets: Secrets
  pageCursors: PageCursors
}
