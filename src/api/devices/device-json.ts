import type { ListedDevice } from '../../store/devices/list-devices.ts'

/** A device as the API shows it. A part that no event ever told is null; without any event about it, the connection is `unknown`. */
export function deviceJson({ states, ...device }: ListedDevice): Record<string, unknown> {
  const { connection, battery, lock, presence } = states
  return {
    device_id: device.deviceId,
    name: device.name,
    connected_account_id: device.connectedAccountId,
    connection: {
      state: connection?.state ?? 'unknown',
      since: connection?.since ?? null,
      cause: connection?.details?.cause ?? null,
      occurred_at: connection?.occurred_at ?? null,
      event_id: connection?.event_id ?? null,
    },
    battery: battery
      ? {
          level: battery.details?.level ?? null,
          status: battery.state,
          at: battery.since,
          occurred_at: battery.occurred_at,
          event_id: battery.event_id,
        }
      : null,
    lock: lock
      ? {
          state: lock.state,
          at: lock.since,
          method: lock.details?.method ?? null,
          access_code_id: lock.details?.access_code_id ?? null,
          user_identity_id: lock.details?.user_identity_id ?? null,
          occurred_at: lock.occurred_at,
          event_id: lock.event_id,
        }
      : null,
    last_event: device.lastEvent,
    removed_at: presence?.state === 'removed' ? presence.since : null,
  }
}
