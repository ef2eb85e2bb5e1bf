import type { Db } from '../database.ts'
import { CLOCK } from '../expressions.ts'

/**
 * Notes that a sync failed, and why; everything about the last success stays as it was. A success is noted by the transaction that stores
 * its listing.
 */
export async function saveFailedSessionSync(db: Db, workspaceId: string, error: string): Promise<void> {
  const failure = { outcome: 'failed', error, finished_at: CLOCK } as const
  await db
    .insertInto('client_session_syncs')
    .values({ workspace_id: workspaceId, failures: 1, ...failure })
    .onConflict((conflict) =>
      conflict
        .column('workspace_id')
        .doUpdateSet((eb) => ({ ...failure, failures: eb('client_session_syncs.failures', '+', 1) })),
    )
    .execute()
}
