import { type AppliedListing, applyListing } from '../../src/sessions/apply-listing.ts'
import { createLogger } from '../../src/observability/create-logger.ts'
import { readListing } from '../../src/sessions/read-listing.ts'
import type { Element } from '../../src/seam/cut-elements.ts'
import type { Secrets } from '../../src/secrets/secrets.ts'
import type { Db } from '../../src/store/database.ts'
import { readDatabaseClock } from '../../src/postgres/read-database-clock.ts'
import { WORKSPACE_ID } from '../support/sample-event.ts'

export interface ApplySessions {
  workspaceId?: string
  /** Now, when not given. */
  askedAt?: string
  secondLookSeconds?: number
  signal?: AbortSignal
}

/** Applies a listing of these sessions (objects, or exact texts) as a sync does with Seam's. */
export async function applySessions(
  db: Db,
  secrets: Secrets,
  sessions: readonly (object | string)[],
  { workspaceId = WORKSPACE_ID, askedAt, secondLookSeconds = 0, signal }: ApplySessions = {},
): Promise<AppliedListing> {
  const claim = { workspaceId, askedAt: askedAt ?? (await readDatabaseClock(db)) }
  const listing = await readListing(elements(sessions), workspaceId)
  const tools = { db, secrets, secondLookSeconds, logger: createLogger('silent') }
  return applyListing(tools, claim, listing, signal)
}

async function* elements(sessions: readonly (object | string)[]): AsyncGenerator<Element[]> {
  for (const one of sessions) {
    yield [{ bytes: Buffer.from(typeof one === 'string' ? one : JSON.stringify(one)), isWhole: true }]
  }
}
