/** The kinds of things whose names are copied, each with the column of an event that holds such an id. */
export const NAME_KINDS = {
  device: 'device_id',
  connected_account: 'connected_account_id',
  access_code: 'access_code_id',
  space: 'space_id',
  user_identity: 'user_identity_id',
  acs_system: 'acs_system_id',
  acs_entrance: 'acs_entrance_ids',
  acs_user: 'acs_user_id',
  acs_credential: 'acs_credential_id',
} as const

export type NameKind = keyof typeof NAME_KINDS

export function isNameKind(value: unknown): value is NameKind {
  return typeof value === 'string' && Object.hasOwn(NAME_KINDS, value)
}
