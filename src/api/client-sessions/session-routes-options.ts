import type { MakeApiRoute } from '../../http/api-route.ts'
import type { PageCursors } from '../../http/page-cursor.ts'
import type { Keyring } from '../../secrets/keyring.ts'
import type { Db } from '../../store/database.ts'

export interface SessionRoutesOptions {
  db: Db
  route: MakeApiRoute
  /** Decrypts the sessions' tokens; null when tokens are not kept. */
  keyring: Keyring | null
  pageCursors: PageCursors
}
