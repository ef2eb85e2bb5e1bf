import { sql } from 'kysely'
import type { Db } from '../database.ts'

export type LearnedFrom = 'configured' | 'upstream' | 'webhook'

export interface KnownWorkspace {
  configKey: string
  workspaceId: string
  name: string | null
  learnedFrom: LearnedFrom
}

/** Stores which workspace a configuration entry is for, replacing what was stored for the entry before. */
export async function saveWorkspace(db: Db, workspace: KnownWorkspace): Promise<void> {
  const row = {
    workspace_id: workspace.workspaceId,
    name: workspace.name,
    learned_from: workspace.learnedFrom,
    config_key: workspace.configKey,
  }
  await db.transaction().execute(async (trx) => {
    // The table has two unique keys, and replicas may learn the same at once. Without this lock, one would violate the second key.
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
