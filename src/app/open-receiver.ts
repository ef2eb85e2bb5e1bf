import type { Logger } from 'pino'
import type { Config } from '../config/config.ts'
import type { RefusedDeliveries } from '../domain/refused-deliveries.ts'
import { type IngestItem, ingestBatch, type NoteQuarantined } from '../ingest/ingest-batch.ts'
import { countWarnings } from '../observability/count-warnings.ts'
import { countRefusals } from '../receiver/count-refusals.ts'
import { createGroupCommit } from '../receiver/group-commit.ts'
import { createVerifier } from '../receiver/verify-delivery.ts'
import type { WebhookRouteOptions } from '../receiver/webhook-route.ts'
import { LIMITS } from './limits.ts'
import type { Releasers } from '../runtime/releasers.ts'
import type { Secrets } from '../secrets/secrets.ts'
import { saveRefusedDeliveries } from '../store/refusals/save-refused-deliveries.ts'
import type { Db } from '../store/database.ts'

export interface ReceiverParts {
  config: Config
  /** Used for storing deliveries and for nothing else. */
  webhookDb: Db
  jobsDb: Db
  secrets: Secrets
  logger: Logger
  releasers: Releasers
  /** Called with what has just been stored. */
  noteStored: (items: readonly IngestItem[]) => void
}

export interface Receiver {
  routeParts: Pick<WebhookRouteOptions, 'endpoints' | 'commit' | 'refused'>
  /** The poller uses it too, so that everything quarantined is logged in one place. */
  noteQuarantined: NoteQuarantined
  pendingRefusals: () => readonly RefusedDeliveries[]
  /** Whether deliveries were stored within the last second. */
  isReceiving: () => boolean
}

/** Builds what the webhook route needs, and what counts and logs deliveries that are not stored as events. */
export function openReceiver(parts: ReceiverParts): Receiver {
  const { config, webhookDb, jobsDb, secrets, logger, releasers, noteStored } = parts
  const warnings = countWarnings(logger, 'something that arrived cannot be used and is in quarantine')
  releasers.add(async () => warnings.stop())
  const noteQuarantined: NoteQuarantined = (items, path) => {
    for (const { reason, ...item } of items)
      // A listing brings the same item again at every poll.
      if (path === 'webhook' || item.timesSeen === 1) warnings.warn(reason, { path, ...item })
  }

  let storedAtMs = -Infinity
  const commit = createGroupCommit<IngestItem>({
    flush: async (items) => {
      const { kept } = await ingestBatch(webhookDb, items, 'webhook', secrets)
      storedAtMs = performance.now()
      noteStored(items)
      noteQuarantined(kept, 'webhook')
    },
    maxFlushes: LIMITS.webhookFlushes,
    maxBatchItems: LIMITS.webhookBatchItems,
    maxWaitingItems: LIMITS.webhookWaitingItems,
    maxWaitingBytes: LIMITS.webhookWaitingBytes,
    maxWaitMs: LIMITS.webhookWaitMs,
    monotonicMs: () => performance.now(),
  })
  releasers.add(() => commit.drain())
  const refusals = countRefusals({ save: (counted) => saveRefusedDeliveries(jobsDb, counted), logger })
  releasers.add(() => refusals.stop())
  const endpoints = config.workspaces
    .filter(({ webhookSecrets }) => webhookSecrets.length > 0)
    .map(({ key, webhookSecrets }) => ({ workspaceKey: key, verify: createVerifier(webhookSecrets) }))
  return {
    routeParts: { endpoints, commit, refused: refusals.count },
    noteQuarantined,
    pendingRefusals: refusals.pending,
    isReceiving: () => performance.now() - storedAtMs < 1_000,
  }
}
