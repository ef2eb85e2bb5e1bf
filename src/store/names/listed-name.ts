import { foldName } from '../../domain/fold-name.ts'
import { binaryArray, type ElementType, JSON_TEXT, TEXT, UUID } from '../../postgres/binary-array.ts'
import { joinSql, rawSql, type Sql, sql } from '../../postgres/sql.ts'

/** One thing as Seam lists it, ready to be stored: ids are UUIDs in lower case, and texts storable (domain/fold-name.ts). */
export interface ListedName {
  id: string
  name: string | null
  deviceType: string | null
  manufacturer: string | null
  connectedAccountId: string | null
  /** The device whose account the thing belongs to, for things that are listed without their account. */
  deviceId: string | null
  spaceIds: readonly string[]
  /** A JSON object. */
  customMetadata: string | null
}

/**
 * The listed things as rows `listed`: the columns of `names` that a listing fills, and the things' places in the array, from 1.
 *
 * The account of a device is looked up by nothing but the primary key. As long as Postgres has no statistics of the table, it would take
 * another index for the kind, and read all devices for each thing (490 instead of 20 µs).
 */
export function listedRowsSql(workspaceId: string, names: readonly ListedName[]): Sql {
  const arrays = [
    arraySql(UUID, names, ({ id }) => id),
    arraySql(TEXT, names, ({ name }) => name),
    arraySql(TEXT, names, ({ name }) => foldName(name ?? '')),
    arraySql(TEXT, names, ({ deviceType }) => deviceType),
    arraySql(TEXT, names, ({ manufacturer }) => manufacturer),
    arraySql(UUID, names, ({ connectedAccountId }) => connectedAccountId),
    arraySql(UUID, names, ({ deviceId }) => deviceId),
    // unnest flattens arrays of arrays, so each travels as its text.
    arraySql(TEXT, names, ({ spaceIds }) => `{${spaceIds.join(',')}}`),
    arraySql(JSON_TEXT, names, ({ customMetadata }) => customMetadata),
  ]
  return sql`(
  select l.id, l.name, l.folded, l.device_type, l.manufacturer,
    coalesce(l.connected_account_id, (
      select case when device.kind = 'device' then device.connected_account_id end from names device
      where device.workspace_id = ${workspaceId} and device.id = l.device_id
    )) as connected_account_id,
    l.space_ids::uuid[] as space_ids, l.custom_metadata, l.place::int as place
  from unnest(${joinSql(arrays, ', ')}) with ordinality
    as l (id, name, folded, device_type, manufacturer, connected_account_id, device_id, space_ids, custom_metadata, place)
) as listed`
}

function arraySql<Value>(
  type: ElementType<Value>,
  names: readonly ListedName[],
  valueOf: (name: ListedName) => Value | null,
): Sql {
  return sql`${binaryArray(type, names.map(valueOf))}::${rawSql(type.name)}[]`
}
