import type { NameKind } from '../domain/name-kinds.ts'

/** What an event says about the name of a thing. */
export interface AboutName {
  kind: NameKind
  /** The event's field with the id, or with several. */
  from: string
  /** Where the event has the new name. Without it, Seam is asked for the thing. */
  newName?: readonly string[]
}

/** The types of events that a thing's name, or whether it is there, can change with (contract 12.6). */
export const EVENTS_ABOUT_NAMES: ReadonlyMap<string, readonly AboutName[]> = new Map([
  ['device.name_changed', [{ kind: 'device', from: 'device_id', newName: ['device_name'] }]],
  ['access_code.name_changed', [{ kind: 'access_code', from: 'access_code_id', newName: ['to', 'name'] }]],
  ...about('device', [
    'device.added',
    'device.removed',
    'device.deleted',
    'device.converted_to_unmanaged',
    'device.unmanaged.converted_to_managed',
  ]),
  ...about('access_code', [
    'access_code.created',
    'access_code.changed',
    'access_code.deleted',
    'access_code.modified_external_to_seam',
    'access_code.unmanaged.converted_to_managed',
  ]),
  ...about('connected_account', [
    'connected_account.created',
    'connected_account.connected',
    'connected_account.deleted',
  ]),
  ...about('acs_system', ['acs_system.added']),
  ...about('acs_entrance', ['acs_entrance.added', 'acs_entrance.removed']),
  ...about('acs_user', ['acs_user.created', 'acs_user.deleted']),
  ...about('acs_credential', ['acs_credential.issued', 'acs_credential.reissued', 'acs_credential.deleted']),
  ...about('space', ['space.created', 'space.deleted']),
  [
    'space.device_membership_changed',
    [
      { kind: 'space', from: 'space_id' },
      // Which spaces a thing is in decides which client sessions see the space.
      { kind: 'device', from: 'device_ids' },
      { kind: 'acs_entrance', from: 'acs_entrance_ids' },
    ],
  ],
])

function about(kind: NameKind, types: readonly string[]): [string, AboutName[]][] {
  return types.map((type) => [type, [{ kind, from: `${kind}_id` }]])
}
