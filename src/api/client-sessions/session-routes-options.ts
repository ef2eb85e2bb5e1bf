import type { MakeApiRoute } from '../../http/api-route.ts'
import type { PageCursors } from '../../http/page-cursor.ts'
import type { Keyring } from '../../secrets/keyring.ts'
import type { Db } from '../../store/database.ts'

export interface SessionRoutesOptions {
  db: Db
  route: MakeApiRoute
  /** Opens the tokens of sessions; null when they are not kept. */
  keyring: Keyring | null
  pageCursors: PageCursors
}
