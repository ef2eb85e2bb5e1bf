import type { BeganOutage, OutagePosition, OutageQuery } from './outage-query.ts'
import { type Executor, runSql } from '../../postgres/open-database.ts'
import type { Db } from '../database.ts'
import { inSnapshot } from './in-snapshot.ts'
import { disconnectionsSql, openOutagesSql, outagesSql } from './list-outages-sql.ts'
import { type DeviceAccount, listUnfoldedDevices } from './list-unfolded-devices.ts'

/** RFC 3339 instants. */
export interface Outage {
  deviceId: string
  /** Null when it is not known. */
  name: string | null
  connectedAccountId: string | null
  from: string
  /** Null: it lasts. Looked for beyond the window as well. */
  to: string | null
  seconds: number | null
  cause: string | null
  /** The event that began it. */
  eventId: string
  /** The type of the event that ended it. */
  endedBy: string | null
  endEventId: string | null
  position: OutagePosition
}

/** Disconnections that are read at once, at least. */
const LEAST_READ = 50

/**
 * The outages of the window, the newest first: those that began in it, then those that lasted when it began. Until the page is full, only
 * the newest disconnections are looked at, however long the window is. What lasted at its beginning costs a look at each device.
 */
export async function listOutages(db: Db, query: OutageQuery): Promise<Outage[]> {
  return inSnapshot(db, async (trx) => {
    const unfolded = await listUnfoldedDevices(trx, query.workspaceId)
    const began = await listBegan(trx, query, unfolded)
    const left = query.limit - began.length
    const open =
      left === 0 ? [] : await runSql<BeganOutage>(trx, openOutagesSql({ ...query, limit: left }, unfolded))
    const all = [...began, ...open]
    if (all.length === 0) return []
    const outages = await runSql<Omit<Outage, 'position'>>(trx, outagesSql(query, all))
    return outages.map((outage, i) => {
      const { createdAt = '0', eventId = '' } = all[i] ?? {}
      return { ...outage, position: { createdAt: BigInt(createdAt), eventId } }
    })
  })
}

/** The outages that began in the window. Most disconnections begin one, so the page is mostly full after the first statement. */
async function listBegan(
  trx: Executor,
  query: OutageQuery,
  unfolded: readonly DeviceAccount[],
): Promise<BeganOutage[]> {
  const began: BeganOutage[] = []
  let { following } = query
  while (began.length < query.limit) {
    const limit = Math.max(LEAST_READ, query.limit - began.length)
    const read = await runSql<BeganOutage & { isBeginning: boolean }>(
      trx,
      disconnectionsSql({ ...query, following, limit }, unfolded),
    )
    began.push(...read.filter(({ isBeginning }) => isBeginning))
    const last = read.at(-1)
    if (last === undefined || read.length < limit) break
    following = { createdAt: BigInt(last.createdAt), eventId: last.eventId }
  }
  return began.slice(0, query.limit)
}
