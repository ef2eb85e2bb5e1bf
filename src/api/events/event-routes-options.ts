import type { MakeApiRoute } from '../../http/api-route.ts'
import type { PageCursors } from '../../http/page-cursor.ts'
import type { Keyring } from '../../secrets/keyring.ts'
import type { Db } from '../../store/database.ts'

export interface EventRoutesOptions {
  db: Db
  route: MakeApiRoute
  /** Decrypts what `secrets:read` may see; null when nothing was encrypted. */
  keyring: Keyring | null
  pageCursors: PageCursors
}
