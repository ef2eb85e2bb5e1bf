import { type ExpressionBuilder, sql } from 'kysely'
import type { QuarantinePath } from './save-quarantined.ts'
import type { Db } from '../database.ts'
import { rfc3339 } from '../expressions.ts'
import type { Database } from '../schema.ts'

/** Which items; null: all. */
export interface QuarantineFilter {
  workspaceId: string | null
  reason: string | null
}

/** One item of the quarantine, without its body. */
export interface QuarantineListing {
  id: string
  workspaceId: string
  path: QuarantinePath
  reason: string
  detail: string
  timesSeen: number
  /** RFC 3339, to the microsecond. */
  firstSeenAt: string
  lastSeenAt: string
}

/** A condition that holds for the items of a filter. */
export function isIn({ workspaceId, reason }: QuarantineFilter) {
  return (eb: ExpressionBuilder<Database, 'quarantine'>) =>
    eb.and({
      ...(workspaceId !== null && { workspace_id: workspaceId }),
      ...(reason !== null && { reason }),
    })
}

/** What is shown of an item without its body. */
export function listingColumns(eb: ExpressionBuilder<Database, 'quarantine'>) {
  return [
    'quarantine_id as id',
    'workspace_id as workspaceId',
    'path',
    'reason',
    'detail',
    'times_seen as timesSeen',
    rfc3339(eb.ref('first_seen_at'), 'microseconds').as('firstSeenAt'),
    rfc3339(eb.ref('last_seen_at'), 'microseconds').as('lastSeenAt'),
  ] as const
}

/**
 * The items that were seen last, newest first, and how many there are in all. It sorts the whole table, which is small; where it is not,
 * there are worse problems than a slow list.
 */
export async function listQuarantined(
  db: Db,
  filter: QuarantineFilter,
  limit: number,
): Promise<{ items: QuarantineListing[]; total: number }> {
  const rows = await db
    .selectFrom('quarantine')
    .select(listingColumns)
    .select(sql<number>`(count(*) over ())::int`.as('total'))
    .where(isIn(filter))
    .orderBy('last_seen_at', 'desc')
    .orderBy('quarantine_id', 'desc')
    .limit(limit)
    .execute()
  return { items: rows.map(({ total: _total, ...item }) => item), total: rows[0]?.total ?? 0 }
}
