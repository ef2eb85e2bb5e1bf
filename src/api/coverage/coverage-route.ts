import { type Micros, MICROS_PER_SECOND } from '../../domain/instant.ts'
import { addRefused, type RefusedDeliveries } from '../../domain/refused-deliveries.ts'
import { about, instant, instantPair } from '../../http/param-kinds.ts'
import { defineParams } from '../../http/read-params.ts'
import { type TextRoute, textRoute } from '../../http/route.ts'
import { invalidInput } from '../../http/to-api-error.ts'
import type { Db } from '../../store/database.ts'
import { readDatabaseNow } from '../../postgres/read-database-clock.ts'
import { coverageReport, type ReportSettings } from '../../status/coverage-report.ts'
import { reportWithin } from './report-within.ts'

/** The window over which sightings are counted when the caller names none. */
export const DEFAULT_WINDOW: Micros = 86_400n * MICROS_PER_SECOND
/** The longest window: every event in it is read, and a key must not be enough to keep the database busy (I12). */
export const MAX_WINDOW: Micros = 31n * 86_400n * MICROS_PER_SECOND

/** Limit on the answer: some nine thousand ranges and gaps, where a copy of a year has a few. */
export const MAX_COVERAGE_BYTES = 1024 * 1024

const PARAMS = defineParams(
  {
    since: about('Count the sightings of events created since this time', instant()),
    between: about('Count the sightings of events created between these two times', instantPair()),
  },
  {
    problemOf: ({ since, between }) =>
      since !== undefined && between !== undefined ? 'Cannot specify both since and between' : null,
    // Seam has no such endpoint, so nothing obliges this one to ignore misspelt parameters.
    unknown: 'refused',
  },
)

export interface CoverageRouteOptions {
  db: Db
  /** By workspace id. */
  settingsOf: (workspaceId: string) => ReportSettings
  /** Deliveries that this process has refused and not yet written to the database. */
  pendingRefusals: () => readonly RefusedDeliveries[]
}

/** `GET /v1/coverage`: what is complete, what is missing, and which path brings the events. `since` or `between` set the window for paths. */
export function coverageRoute({ db, settingsOf, pendingRefusals }: CoverageRouteOptions): TextRoute {
  return textRoute({
    path: '/v1/coverage',
    methods: ['GET', 'POST'],
    summary: 'how complete the copy is, and how events arrive: see below',
    // A client session is told that this needs a key with the scope.
    takes: { key: 'events:read', client_session: 'events:read' },
    params: PARAMS,
    answer: async ({ since, between }, { caller }) => {
      const now = await readDatabaseNow(db)
      const window = { from: since ?? between?.[0] ?? now - DEFAULT_WINDOW, to: between?.[1] ?? now }
      if (window.to - window.from > MAX_WINDOW)
        throw invalidInput('The window must not be longer than 31 days')
      const report = await coverageReport(db, caller.workspaceId, settingsOf(caller.workspaceId), now, window)
      const refusedDeliveries = addRefused(report.refusedDeliveries, pendingRefusals())
      const json = reportWithin({ ...report, refusedDeliveries }, MAX_COVERAGE_BYTES)
      return { text: `{"coverage":${json},"ok":true}` }
    },
  })
}
