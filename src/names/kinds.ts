import type { NameKind } from '../domain/name-kinds.ts'
import type { PagedList } from '../seam/list-items-page.ts'

/** How Seam lists the things of one kind, and which of their fields are read. */
export interface KindSource extends PagedList {
  /** Path of one thing by its id; the answer has it under the kind's name. */
  getPath: string
  /** The name is the first of these fields that holds a text. */
  nameFields: readonly string[]
  /** What must never be stored with a thing. Where its name repeats one of them, the name is masked (I9). */
  secretFields: readonly string[]
}

/** Pages as long as the server's own default for most of these lists. A server that gives shorter ones is followed all the same. */
const PAGE_LIMIT = 500

/**
 * The only place that knows where names come from. Accounts and devices come first, because codes belong to the account of their device.
 * Source: openapi 1.977 in @seamapi/types; all of these lists have pages but `/acs/systems/list`.
 */
export const KIND_SOURCES: ReadonlyMap<NameKind, KindSource> = new Map([
  [
    'connected_account',
    source('/connected_accounts', 'connected_accounts', ['display_name', 'account_type_display_name']),
  ],
  ['device', source('/devices', 'devices', ['display_name', 'nickname'])],
  ['access_code', source('/access_codes', 'access_codes', ['name'], { secretFields: ['code'] })],
  ['space', source('/spaces', 'spaces', ['display_name', 'name'])],
  ['user_identity', source('/user_identities', 'user_identities', ['full_name', 'display_name'])],
  ['acs_system', source('/acs/systems', 'acs_systems', ['name'], { pageLimit: null })],
  ['acs_entrance', source('/acs/entrances', 'acs_entrances', ['display_name'])],
  ['acs_user', source('/acs/users', 'acs_users', ['full_name', 'display_name'])],
  [
    'acs_credential',
    source('/acs/credentials', 'acs_credentials', ['display_name'], {
      secretFields: ['code', 'card_number'],
    }),
  ],
])

function source(
  path: string,
  key: string,
  nameFields: readonly string[],
  {
    secretFields = [],
    pageLimit = PAGE_LIMIT,
  }: { secretFields?: readonly string[]; pageLimit?: number | null } = {},
): KindSource {
  return { path: `${path}/list`, getPath: `${path}/get`, key, pageLimit, nameFields, secretFields }
}

export function sourceOf(kind: NameKind): KindSource {
  const found = KIND_SOURCES.get(kind)
  if (found === undefined) throw new Error(`The kind ${kind} is not in the table of kinds.ts.`)
  return found
}
