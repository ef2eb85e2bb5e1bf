import type { Selectable } from 'kysely'
import type { NameKind } from '../../domain/name-kinds.ts'
import type { Db } from '../database.ts'
import { rfc3339 } from '../expressions.ts'
import type { Database } from '../schema.ts'

/** How the copying of the names of one kind goes. */
export interface NameSyncRecord {
  kind: NameKind
  lastOutcome: Selectable<Database['name_syncs']>['outcome']
  lastError: string | null
  /** Failed listings since the last success. */
  failures: number
  /** RFC 3339, UTC, as the next; null before the first success. */
  lastSuccessAt: string | null
  /** When the newest stored listing was asked for, by the database's clock. */
  listedAt: string | null
  /** How many things it had. */
  listed: number | null
}

/** The records of all kinds that were asked for at least once. */
export async function listNameSyncs(db: Db, workspaceId: string): Promise<NameSyncRecord[]> {
  return db
    .selectFrom('name_syncs')
    .select((eb) => [
      eb.ref('kind').$castTo<NameKind>().as('kind'),
      'outcome as lastOutcome',
      'error as lastError',
      'failures',
      rfc3339(eb.ref('succeeded_at'), 'milliseconds').as('lastSuccessAt'),
      rfc3339(eb.ref('listed_at'), 'microseconds').as('listedAt'),
      'listed',
    ])
    .where('workspace_id', '=', workspaceId)
    .orderBy('kind')
    .execute()
}
