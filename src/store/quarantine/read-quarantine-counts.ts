import { sql } from 'kysely'
import type { Db } from '../database.ts'
import { rfc3339 } from '../expressions.ts'

export interface QuarantineCount {
  reason: string
  items: number
  /** How many of them Seam lists. The copy is complete except for these. */
  listed: number
  /** RFC 3339, UTC. */
  lastSeenAt: string
}

export async function readQuarantineCounts(db: Db, workspaceId: string): Promise<QuarantineCount[]> {
  return db
    .selectFrom('quarantine')
    .select((eb) => [
      'reason',
      sql<number>`count(*)::int`.as('items'),
      sql<number>`(count(*) filter (where ${eb.ref('was_listed')}))::int`.as('listed'),
      rfc3339(eb.fn.max<string>('last_seen_at'), 'milliseconds').as('lastSeenAt'),
    ])
    .where('workspace_id', '=', workspaceId)
    .groupBy('reason')
    .orderBy('reason')
    .execute()
}
