import type { Completeness } from '../../domain/completeness.ts'
import type { Micros } from '../../domain/instant.ts'
import { readCompleteness } from '../../store/coverage/read-completeness.ts'
import type { Db } from '../../store/database.ts'

/**
 * Whether the states at `at` are proven: that instant must lie in a proven range. For null, which means now, a proven range is enough,
 * because now is always later than its end: `until` says up to when the states are proven.
 */
export async function readStatesCompleteness(
  db: Db,
  workspaceId: string,
  at: Micros | null,
): Promise<Completeness> {
  if (at !== null) return readCompleteness(db, workspaceId, { from: at, to: at + 1n })
  const proven = await readCompleteness(db, workspaceId, { from: null, to: null })
  return { ...proven, isComplete: proven.until !== null }
}
