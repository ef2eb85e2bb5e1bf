import type { DevicePosition, DeviceQuery } from './device-query.ts'
import { inSnapshot } from './in-snapshot.ts'
import { runSql } from '../../postgres/open-database.ts'
import type { Db } from '../database.ts'
import { devicePageSql, devicesSql } from './list-devices-sql.ts'
import { listUnfoldedDevices } from './list-unfolded-devices.ts'

/** What one facet's events tell; instants are RFC 3339. */
export interface ToldState {
  /** Null when the newest event does not say. */
  state: string | null
  since: string
  occurred_at: string | null
  event_id: string
  details: Record<string, string | number | null> | null
}

export interface ListedDevice {
  deviceId: string
  /** Null when it is not known. */
  name: string | null
  connectedAccountId: string | null
  /** Null before the first event. */
  lastEvent: {
    event_id: string
    event_type: string | null
    created_at: string
    occurred_at: string | null
  } | null
  /** Without the facets that no event told. */
  states: { connection?: ToldState; battery?: ToldState; lock?: ToldState; presence?: ToldState }
  position: DevicePosition
}

interface DeviceRow {
  deviceId: string
  name: string | null
  connectedAccountId: string | null
  lastEvent: string | null
  states: string
}

/**
 * The devices that any event or the names name, and what events tell of them. For a key now, it reads the kept states and the unfolded events; for an
 * instant of the past and for a client session, the events themselves. All statements see the same snapshot.
 */
export async function listDevices(db: Db, query: DeviceQuery): Promise<ListedDevice[]> {
  return inSnapshot(db, async (trx) => {
    const unfolded = await listUnfoldedDevices(trx, query.workspaceId)
    const page = await runSql<{ deviceId: string; since: string | null }>(trx, devicePageSql(query, unfolded))
    if (page.length === 0) return []
    const ids = page.map(({ deviceId }) => deviceId)
    const devices = await runSql<DeviceRow>(trx, devicesSql(query, ids, unfolded))
    return devices.map(({ deviceId, name, connectedAccountId, lastEvent, states }, i): ListedDevice => {
      const since = page[i]?.since ?? null
      return {
        deviceId,
        name,
        connectedAccountId,
        lastEvent: lastEvent === null ? null : (JSON.parse(lastEvent) as ListedDevice['lastEvent']),
        states: JSON.parse(states) as ListedDevice['states'],
        position: { since: since === null ? null : BigInt(since), deviceId },
      }
    })
  })
}
