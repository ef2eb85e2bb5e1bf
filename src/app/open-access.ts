import { admitRecent } from '../access/admit-recent.ts'
import { createAuthenticate } from '../access/authenticate.ts'
import { createRecentCallers } from '../access/recent-callers.ts'
import { createFailureBrake } from '../access/slow-down-failures.ts'
import type { AddressOf } from '../http/address-of.ts'
import { admitAuthenticated } from '../http/admit.ts'
import type { CallerAccess } from '../http/caller-access.ts'
import { createFairShares } from '../http/create-fair-shares.ts'
import type { ReadBody } from '../http/create-body-reader.ts'
import { STREAM_LIMITS } from '../http/stream-limits.ts'
import { sleep } from '../runtime/sleep.ts'
import type { Db } from '../store/database.ts'
import { QUERY_SHARES } from './limits.ts'
import type { Workspaces } from '../workspaces/open-workspaces.ts'

export interface AccessParts {
  /** Connections for finding out who calls. */
  keysDb: Db
  workspaces: Workspaces
  /** SEAM_MIRROR_API_KEY. */
  bootstrapKey: string | null
  addressOf: AddressOf
  readBody: ReadBody
  /** Aborts when the service begins to stop. */
  stopping: AbortSignal
}

/** Builds what stands around every route for callers. */
export function openAccess(parts: AccessParts): CallerAccess {
  const { keysDb, workspaces, bootstrapKey, addressOf, readBody, stopping } = parts
  const recent = createRecentCallers(() => performance.now())
  const authenticate = createAuthenticate({
    db: keysDb,
    workspaces,
    bootstrapKey,
    brake: createFailureBrake({ sleep, monotonicMs: () => performance.now() }),
    recent,
    addressOf,
  })
  return {
    admit: admitRecent(admitAuthenticated(authenticate), recent.recall),
    authenticate,
    readBody,
    share: createFairShares(QUERY_SHARES),
    stopping,
    streamLimits: STREAM_LIMITS,
  }
}
