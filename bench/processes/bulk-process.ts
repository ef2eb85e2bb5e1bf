import { createEventTexts } from '../events/make-events.ts'
import { ingestPage, openPool } from '../service-parts.ts'

/** Events on a page of Seam's, the most it gives (contract, 6.1). */
const PAGE_EVENTS = 500

export interface BulkResult {
  events: number
  seconds: number
  /** The process's own CPU time while it ingested. */
  cpuSeconds: number
  peakRssMb: number
}

/* The bulk path alone: pages of 500 on one connection, one after the other. Making the events is not timed. */

const [databaseUrl = '', eventCount = '0'] = process.argv.slice(2)
const db = openPool(databaseUrl, 1)
const nextText = createEventTexts()
const page = () => Array.from({ length: PAGE_EVENTS }, nextText)
let [seconds, cpuMicros] = [0, 0]
for (let events = 0; events < Number(eventCount); events += PAGE_EVENTS) {
  const texts = page()
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  await ingestPage(db, texts)
  seconds += (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  cpuMicros += user + system
}
await db.destroy()
process.send?.({
  events: Number(eventCount),
  seconds,
  cpuSeconds: cpuMicros / 1e6,
  peakRssMb: process.resourceUsage().maxRSS / 1024,
} satisfies BulkResult)
process.disconnect()
