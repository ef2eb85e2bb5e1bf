import { createEventTexts } from '../events/make-events.ts'
import { emptyEvents } from '../rows/empty-events.ts'
import { cpuSeconds } from './process-tree.ts'
import { ingestPage, openBenchSecrets, openPool } from '../service-parts.ts'

/** Events on one of Seam's pages: the most that Seam gives (contract, 6.1). */
const PAGE_EVENTS = 500

export interface BulkResult {
  events: number
  seconds: number
  /** CPU time of the ingest: the process's own, and Postgres's where the machine tells it. */
  cpuSeconds: { service: number; postgres: number | null }
  peakRssMb: number
}

/** Pages that don't count. They let V8 compile the code, as in a service that has run for a while. COPY needs none. */
const WARM_UP_PAGES = 20

/*
 * The bulk path alone: pages of 500 on one connection, one after the other. Neither the making of the events is timed nor the first
 * pages, which are taken out again.
 */

const [databaseUrl = '', eventCount = '0', postgresPid = ''] = process.argv.slice(2)
const db = openPool(databaseUrl, 1)
const secrets = openBenchSecrets()
const nextText = createEventTexts()
const page = () => Array.from({ length: PAGE_EVENTS }, nextText)
for (let i = 0; i < WARM_UP_PAGES; i++) await ingestPage(db, secrets, page())
await emptyEvents(databaseUrl)
let [seconds, cpuMicros] = [0, 0]
const postgresBefore = cpuSeconds(Number(postgresPid))
for (let events = 0; events < Number(eventCount); events += PAGE_EVENTS) {
  const texts = page()
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  await ingestPage(db, secrets, texts)
  seconds += (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  cpuMicros += user + system
}
const postgresAfter = cpuSeconds(Number(postgresPid))
await db.destroy()
process.send?.({
  events: Number(eventCount),
  seconds,
  cpuSeconds: {
    service: cpuMicros / 1e6,
    postgres: postgresBefore === null || postgresAfter === null ? null : postgresAfter - postgresBefore,
  },
  peakRssMb: process.resourceUsage().maxRSS / 1024,
} satisfies BulkResult)
process.disconnect()
