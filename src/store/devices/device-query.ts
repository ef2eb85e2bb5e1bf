import type { Micros } from '../../domain/instant.ts'
/** All devices of the workspace, or only those of these accounts, as their events tell (ids that are no UUIDs match nothing). */
export type DeviceVisibility = { kind: 'all' } | { kind: 'only'; connectedAccountIds: readonly string[] }

/** Which devices are asked for, and of which time. */
export interface DeviceFilter {
  workspaceId: string
  visibility: DeviceVisibility
  /** The states at this instant, inclusive; null: now. */
  at: Micros | null
  /** All that are given must hold. */
  deviceIds?: readonly string[] | undefined
  connectedAccountId?: string | undefined
  /** The space that the device is in today, as far as the names tell. */
  spaceId?: string | undefined
  /** A part of the device's name, in any case, or its id. */
  q?: string | undefined
}

export interface DeviceQuery extends DeviceFilter {
  connection?: string | undefined
  battery?: string | undefined
  isRemoved?: boolean | undefined
  /** `longest`: those first whose connection has been as it is for the longest time. Unknown connections are always last. */
  order: 'longest' | 'shortest'
  /** Devices that come after this one in the list's order. */
  following?: DevicePosition | undefined
  limit: number
}

export interface DevicePosition {
  /** Since when the connection has been as it is; null when it is unknown. */
  since: Micros | null
  deviceId: string
}
