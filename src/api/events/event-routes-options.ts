import type { MakeApiRoute } from '../../http/api-route.ts'
import type { PageCursors } from '../../http/page-cursor.ts'
import type { Keyring } from '../../secrets/keyring.ts'
import type { Db } from '../../store/database.ts'

export interface EventRoutesOptions {
  db: Db
  route: MakeApiRoute
  /** Opens what `secrets:read` may see; null when nothing was sealed. */
  keyring: Keyring | null
  pageCursors: PageCursors
}
