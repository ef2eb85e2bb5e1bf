import type { Logger } from 'pino'
import type { BackfillSince } from '../domain/backfill-since.ts'
import type { NoteQuarantined } from '../ingest/ingest-batch.ts'
import type { Clock } from '../runtime/on-schedule.ts'
import type { SeamClient } from '../seam/open-seam-client.ts'
import type { RetryPolicy, Waiting } from '../seam/with-retries.ts'
import type { Secrets } from '../secrets/secrets.ts'
import type { Db } from '../store/database.ts'
import type { PageSize } from '../walk/page-size.ts'
import type { Workspaces } from '../workspaces/open-workspaces.ts'

/** What polling one workspace takes. */
export interface PollerOptions {
  db: Db
  secrets: Secrets
  noteQuarantined?: NoteQuarantined
  client: SeamClient
  pageSize: PageSize
  workspaces: Workspaces
  workspaceKey: string
  /** node-cron expression. */
  schedule: string
  settleSeconds: number
  backfillSince: BackfillSince
  logger: Logger
  waiting: Waiting
  retryPolicy?: RetryPolicy
  clock?: Clock
}
