import express, { type Router } from 'express'
import { sendJson } from '../http/send-json.ts'
import { serviceUnavailable } from '../http/to-api-error.ts'
import { isSchemaCurrent } from '../store/migrate.ts'
import type { Db } from '../store/open-database.ts'
import { readPollLag } from '../store/read-poll-lag.ts'

export interface ReadyzOptions {
  db: Db
  /** Ids of the workspaces that are polled, as far as they are known. */
  polledWorkspaceIds: () => readonly string[]
  /** False where the settings leave no way for an event to come. */
  canReceive: boolean
}

/**
 * `/readyz`: the database is there and has this release's schema, and events can come; 503 while not. It
 * also says how old the newest coverage is, and that never makes it unready: when Seam is away, a replica that is taken out of
 * rotation for it would only lose the webhooks as well.
 */
export function readyzRoute({ db, polledWorkspaceIds, canReceive }: ReadyzOptions): Router {
  const router = express.Router()
  router.get('/readyz', async (_request, response) => {
    if (!canReceive)
      throw serviceUnavailable('Nothing can arrive: neither Seam credentials nor a webhook secret is set')
    if (!(await isSchemaCurrent(db))) throw serviceUnavailable('The schema is not that of this release')
    const lags = await readPollLag(db, polledWorkspaceIds())
    sendJson(
      response,
      200,
      JSON.stringify({
        ok: true,
        database: 'ok',
        migrations: 'current',
        workspaces: lags.map(
          ({ workspaceId, coveredTo, lagSeconds, lastRunOutcome, lastSuccessAgeSeconds }) => ({
            workspace_id: workspaceId,
            covered_to: coveredTo,
            coverage_lag_seconds: lagSeconds,
            last_poll_outcome: lastRunOutcome,
            last_successful_poll_age_seconds: lastSuccessAgeSeconds,
          }),
        ),
      }),
    )
  })
  return router
}
