import type { ParamKind, ParamKinds, Params } from './params.ts'
import type { SeamEvent } from './seam-event.ts'

interface EventFilter extends ParamKind {
  /** The event's fields that the filter looks at. Each field holds a value or a list of values. */
  fields: readonly string[]
}

const grant = ['access_grant_id', 'access_grant_ids']

/**
 * The filters of events/list that an event's own fields can answer (contract, section 6.1). Seam answers some of them
 * through relations instead, which cannot be seen from outside.
 */
const filters: Readonly<Record<string, EventFilter>> = {
  event_type: { type: 'string', fields: ['event_type'] },
  event_types: { type: 'string', list: true, fields: ['event_type'] },
  event_ids: { type: 'uuid', list: true, fields: ['event_id'] },
  device_id: { type: 'uuid', fields: ['device_id'] },
  device_ids: { type: 'uuid', list: true, fields: ['device_id'] },
  connected_account_id: { type: 'uuid', fields: ['connected_account_id'] },
  access_code_id: { type: 'uuid', fields: ['access_code_id'] },
  access_code_ids: { type: 'uuid', list: true, fields: ['access_code_id'] },
  connect_webview_id: { type: 'uuid', fields: ['connect_webview_id'] },
  acs_system_id: { type: 'uuid', fields: ['acs_system_id'] },
  acs_system_ids: { type: 'uuid', list: true, fields: ['acs_system_id'] },
  acs_entrance_id: { type: 'uuid', fields: ['acs_entrance_id', 'acs_entrance_ids'] },
  acs_user_id: { type: 'uuid', fields: ['acs_user_id'] },
  acs_credential_id: { type: 'uuid', fields: ['acs_credential_id'] },
  acs_encoder_id: { type: 'uuid', fields: ['acs_encoder_id'] },
  acs_access_group_id: { type: 'uuid', fields: ['acs_access_group_id'] },
  access_grant_id: { type: 'uuid', fields: grant },
  access_grant_ids: { type: 'uuid', list: true, maxItems: 100, fields: grant },
  access_method_id: { type: 'uuid', fields: ['access_method_id'] },
  access_method_ids: { type: 'uuid', list: true, maxItems: 100, fields: ['access_method_id'] },
  space_id: { type: 'uuid', fields: ['space_id'] },
  space_ids: { type: 'uuid', list: true, maxItems: 100, fields: ['space_id'] },
  user_identity_id: { type: 'uuid', fields: ['user_identity_id'] },
  customer_key: { type: 'string', fields: ['customer_key'] },
}

export const eventFilterKinds: ParamKinds = filters

/** All given filters must hold; an empty list matches nothing (contract, section 6.1). */
export function eventMatcher(params: Params): (event: SeamEvent) => boolean {
  const tests = Object.entries(filters).flatMap(([name, { fields }]) => {
    const value = params[name]
    if (value === undefined) return []
    const wanted = new Set<unknown>(Array.isArray(value) ? value : [value])
    return [(event: SeamEvent) => fields.some((field) => holdsAny(event[field], wanted))]
  })
  return (event) => tests.every((test) => test(event))
}

function holdsAny(value: unknown, wanted: ReadonlySet<unknown>): boolean {
  return Array.isArray(value) ? value.some((item) => wanted.has(item)) : wanted.has(value)
}
