import { sql } from 'kysely'
import type { Db } from '../database.ts'

export type LearnedFrom = 'configured' | 'upstream' | 'webhook'

export interface RememberedWorkspace {
  configKey: string
  workspaceId: string
  name: string | null
  learnedFrom: LearnedFrom
}

/** Notes which workspace a configuration entry is for; replaces what was noted for the entry before. */
export async function rememberWorkspace(db: Db, workspace: RememberedWorkspace): Promise<void> {
  const row = {
    workspace_id: workspace.workspaceId,
    name: workspace.name,
    learned_from: workspace.learnedFrom,
    config_key: workspace.configKey,
  }
  await db.transaction().execute(async (trx) => {
    // Two unique keys, and replicas that learn the same at once: one after the other, instead of a violation of the second key.
    await sql`lock table workspaces in share row exclusive mode`.execute(trx)
    await trx
      .deleteFrom('workspaces')
      .where('config_key', '=', workspace.configKey)
      .where('workspace_id', '!=', workspace.workspaceId)
      .execute()
    await trx
      .insertInto('workspaces')
      .values(row)
      .onConflict((conflict) => conflict.column('workspace_id').doUpdateSet(row))
      .execute()
  })
}
