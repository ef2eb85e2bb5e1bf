import type { Logger } from 'pino'
import { startAudit } from '../audit/start-audit.ts'
import type { Config, WorkspaceConfig } from '../config/config.ts'
import { type Folds, startFolds } from '../folds/start-folds.ts'
import type { NoteQuarantined } from '../ingest/ingest-batch.ts'
import { type Poller, startPoller } from '../poller/start-poller.ts'
import { type NameSync, startNameSync } from '../names/start-name-sync.ts'
import type { Releasers } from '../runtime/releasers.ts'
import { sleep } from '../runtime/sleep.ts'
import { openSeamClient } from '../seam/open-seam-client.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { type SessionSync, startSessionSync } from '../sessions/start-session-sync.ts'
import type { Db } from '../store/database.ts'
import { createPageSize } from '../walk/page-size.ts'
import type { Workspaces } from '../workspaces/open-workspaces.ts'
import { LIMITS } from './limits.ts'

export interface JobParts {
  config: Config
  db: Db
  secrets: Secrets
  noteQuarantined: NoteQuarantined
  workspaces: Workspaces
  isReceiving: () => boolean
  logger: Logger
  releasers: Releasers
}

export interface Jobs {
  /** One for each workspace with credentials. */
  pollers: readonly Poller[]
  sessionSyncs: readonly SessionSync[]
  /** The same, none when names are turned off. */
  nameSyncs: readonly NameSync[]
  folds: Folds
}

/** Starts everything that runs on a schedule. */
export function startJobs(parts: JobParts): Jobs {
  const { config, db, workspaces, isReceiving, logger, releasers } = parts
  const ofWorkspaces = config.workspaces.flatMap((entry) => startWorkspaceJobs(parts, entry) ?? [])
  const folds = startFolds({
    db,
    workspaceIds: () => foldedIds(config.workspaces, workspaces, ofWorkspaces),
    isReceiving,
    sleep,
    logger,
  })
  releasers.add(() => folds.stop())
  return {
    pollers: ofWorkspaces.map(({ poller }) => poller),
    sessionSyncs: ofWorkspaces.map(({ sessionSync }) => sessionSync),
    nameSyncs: ofWorkspaces.flatMap(({ nameSync }) => nameSync ?? []),
    folds,
  }
}

interface WorkspaceJobs {
  key: string
  poller: Poller
  sessionSync: SessionSync
  nameSync: NameSync | null
}

/** Starts one workspace's scheduled jobs, independent of other workspaces; null for a workspace without credentials. */
function startWorkspaceJobs(parts: JobParts, { key, credentials }: WorkspaceConfig): WorkspaceJobs | null {
  if (credentials === null) return null
  const { config, db, secrets, noteQuarantined, workspaces, logger, releasers } = parts
  const common = {
    db,
    secrets,
    noteQuarantined,
    client: openSeamClient({ endpoint: config.seamEndpoint, credentials, timeoutMs: LIMITS.seamTimeoutMs }),
    pageSize: createPageSize(),
    workspaces,
    workspaceKey: key,
    logger: logger.child({ workspace: key }),
    waiting: { sleep, random: Math.random },
  }
  const poller = startPoller({
    ...common,
    schedule: config.pollSchedule,
    settleSeconds: config.settleSeconds,
    backfillSince: config.backfillSince,
  })
  releasers.add(() => poller.stop())
  const isPolling = () => !poller.status().isStandby
  const audit = startAudit({
    ...common,
    schedule: config.auditSchedule,
    lookbackHours: config.auditLookbackHours,
    settleSeconds: config.settleSeconds,
    isPolling,
  })
  releasers.add(() => audit.stop())
  const sessionSync = startSessionSync({ ...common, schedule: config.clientSessionsSchedule })
  releasers.add(() => sessionSync.stop())
  const schedule = config.namesSchedule
  const nameSync = schedule === null ? null : startNameSync({ ...common, schedule, isPolling })
  releasers.add(async () => nameSync?.stop())
  return { key, poller, sessionSync, nameSync }
}

/** The workspaces whose events this replica folds: those that it polls, and those that nobody polls. */
function foldedIds(
  entries: readonly WorkspaceConfig[],
  workspaces: Workspaces,
  jobs: readonly WorkspaceJobs[],
): string[] {
  return entries.flatMap(({ key }) => {
    const poller = jobs.find((each) => each.key === key)?.poller
    return poller?.status().isStandby ? [] : (workspaces.byKey(key).id ?? [])
  })
}
