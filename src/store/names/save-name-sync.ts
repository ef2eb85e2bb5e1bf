import { sql } from 'kysely'
import type { NameKind } from '../../domain/name-kinds.ts'
import type { Db } from '../database.ts'
import { CLOCK } from '../expressions.ts'
import type { AskedNames } from './save-names.ts'

/** Notes that a whole listing was stored. A listing that was asked for earlier than the newest stored one changes nothing. */
export async function saveNameSync(
  db: Db,
  { workspaceId, kind, askedAt }: AskedNames,
  listed: number,
): Promise<void> {
  const success = {
    outcome: 'complete',
    error: null,
    failures: 0,
    finished_at: CLOCK,
    succeeded_at: CLOCK,
    listed_at: askedAt,
    listed,
  } as const
  await db
    .insertInto('name_syncs')
    .values({ workspace_id: workspaceId, kind, ...success })
    .onConflict((conflict) =>
      conflict
        .columns(['workspace_id', 'kind'])
        .doUpdateSet(success)
        .where((eb) =>
          eb.or([
            eb('name_syncs.listed_at', 'is', null),
            eb('name_syncs.listed_at', '<', askedAt),
            // From before the database's clock was set back.
            eb('name_syncs.listed_at', '>', CLOCK),
          ]),
        ),
    )
    .execute()
}

/** Notes that a listing failed, and why; everything about the last success stays as it was. */
export async function saveFailedNameSync(
  db: Db,
  { workspaceId, kind }: { workspaceId: string; kind: NameKind },
  error: string,
): Promise<void> {
  const failure = { outcome: 'failed', error, finished_at: CLOCK } as const
  await db
    .insertInto('name_syncs')
    .values({ workspace_id: workspaceId, kind, failures: 1, ...failure })
    .onConflict((conflict) =>
      conflict
        .columns(['workspace_id', 'kind'])
        .doUpdateSet({ ...failure, failures: sql<number>`name_syncs.failures + 1` }),
    )
    .execute()
}
