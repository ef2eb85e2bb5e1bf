/**
 * The fields of an event that `/events/list` can filter by. The columns that ingest fills, the parameters that the query API accepts and
 * the SQL of both are derived from this one table. The columns and their indexes are in migrations/0001_events.sql; a test compares them
 * with the table.
 *
 * Source: contract, 6.1 and 12.2. Two fields come as one id in some events and as an array in others
 * (`access_method.*` carries `access_grant_ids`, `space.*` carries `acs_entrance_ids`): both fill one array column.
 */
export interface EventField {
  column: string
  type: 'uuid' | 'uuid[]' | 'text'
  /** Fields of the event that fill the column. */
  from: readonly string[]
  /** Query parameter that takes one value. */
  one: string
  /** Query parameter that takes several, where Seam has one, with Seam's own maximum (contract 6.1). */
  many?: { parameter: string; maxItems?: number }
}

export const EVENT_FIELDS: readonly EventField[] = [
  uuidField('device_id', { parameter: 'device_ids' }),
  uuidField('connected_account_id'),
  uuidField('access_code_id', { parameter: 'access_code_ids' }),
  uuidField('acs_system_id', { parameter: 'acs_system_ids' }),
  uuidField('connect_webview_id'),
  uuidField('access_method_id', { parameter: 'access_method_ids', maxItems: 100 }),
  uuidField('space_id', { parameter: 'space_ids', maxItems: 100 }),
  uuidField('acs_user_id'),
  uuidField('acs_credential_id'),
  uuidField('acs_encoder_id'),
  uuidField('acs_access_group_id'),
  uuidField('user_identity_id'),
  {
    column: 'access_grant_ids',
    type: 'uuid[]',
    from: ['access_grant_id', 'access_grant_ids'],
    one: 'access_grant_id',
    many: { parameter: 'access_grant_ids', maxItems: 100 },
  },
  {
    column: 'acs_entrance_ids',
    type: 'uuid[]',
    from: ['acs_entrance_id', 'acs_entrance_ids'],
    one: 'acs_entrance_id',
  },
  { column: 'customer_key', type: 'text', from: ['customer_key'], one: 'customer_key' },
]

function uuidField(name: string, many?: EventField['many']): EventField {
  return { column: name, type: 'uuid', from: [name], one: name, ...(many && { many }) }
}
