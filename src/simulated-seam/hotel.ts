import type { ClientSession } from './client-session.ts'

export type CustomMetadata = Record<string, string | boolean>

/** A login at a device maker. */
export interface ConnectedAccount {
  connectedAccountId: string
  provider: 'august' | 'schlage' | 'ecobee' | 'minut' | 'salto_ks'
  connectWebviewId: string
  customerKey: string | undefined
  customMetadata: CustomMetadata
}

export interface Device {
  deviceId: string
  kind: 'lock' | 'thermostat' | 'noise_sensor' | 'camera'
  name: string
  account: ConnectedAccount
  customMetadata: CustomMetadata
  /** From 0 to 1. It goes down as events are made. */
  batteryLevel: number
  /** The room's temperature. It drifts as events are made. */
  celsius: number
}

export interface AccessCode {
  accessCodeId: string
  lock: Device
  name: string
  /** The PIN, four to eight digits. */
  code: string
  isManaged: boolean
}

/** The door system of the building, behind one connected account. */
export interface AccessSystem {
  acsSystemId: string
  account: ConnectedAccount
  entranceIds: string[]
  userIds: string[]
  credentialIds: string[]
  encoderIds: string[]
  accessGroupIds: string[]
}

export interface AccessGrant {
  accessGrantId: string
  accessGrantKey: string
  accessMethodIds: string[]
}

export interface Space {
  spaceId: string
  spaceKey: string
  deviceIds: string[]
  entranceIds: string[]
}

/** Everything in the simulated workspace that events are about. Making events changes it. */
export interface Hotel {
  workspaceId: string
  accounts: ConnectedAccount[]
  locks: Device[]
  thermostats: Device[]
  noiseSensor: Device
  doorbell: Device
  /** All devices above. */
  devices: Device[]
  phoneIds: string[]
  accessCodes: AccessCode[]
  accessSystem: AccessSystem
  accessGrants: AccessGrant[]
  spaces: Space[]
  userIdentityIds: string[]
  /** Oldest first. */
  clientSessions: ClientSession[]
}
