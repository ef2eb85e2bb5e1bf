import type { Completeness } from '../../domain/completeness.ts'
import type { Micros } from '../../domain/instant.ts'
import { readCompleteness } from '../../store/coverage/read-completeness.ts'
import type { Db } from '../../store/database.ts'

/** What is proven about the states at an instant, or, for null, about those now, as far as the proven range reaches. */
export async function readStatesCompleteness(
  db: Db,
  workspaceId: string,
  at: Micros | null,
): Promise<Completeness> {
  if (at !== null) return readCompleteness(db, workspaceId, { from: at, to: at + 1n })
  const proven = await readCompleteness(db, workspaceId, { from: null, to: null })
  return { ...proven, isComplete: proven.until !== null }
}
