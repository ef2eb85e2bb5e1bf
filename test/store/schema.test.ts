import { sql } from 'kysely'
import { expect, test } from 'vitest'
import { EVENT_FIELDS } from '../../src/domain/event-fields.ts'
import type { Column } from '../../src/store/columns.ts'
import { TABLES } from '../../src/store/schema.ts'
import { databaseOfThisFile } from '../support/test-database.ts'

const { db } = await databaseOfThisFile()

interface RealColumn {
  table: string
  name: string
  type: string
  isNullable: boolean
  filledBy: 'default' | 'identity' | null
}

/** The name that information_schema gives to an array's type begins with an underscore. */
async function realColumns(): Promise<RealColumn[]> {
  const { rows } = await sql<RealColumn>`
    select table_name as table, column_name as name, regexp_replace(udt_name, '^_(.*)$', '\\1[]') as type,
      is_nullable = 'YES' as "isNullable",
      case when is_identity = 'YES' then 'identity' when column_default is not null then 'default' end as "filledBy"
    from information_schema.columns
    where table_schema = 'public' and table_name not like 'kysely%'`.execute(db)
  return rows
}

const declared = Object.entries<Record<string, Column>>(TABLES).flatMap(([table, columns]) =>
  Object.entries(columns).map(([name, column]) => ({ table, name, ...column })),
)

function lineOf({ table, name, type, isNullable, filledBy }: RealColumn): string {
  return `${table}.${name} ${type}${isNullable ? ' null' : ''}${filledBy === null ? '' : ` by ${filledBy}`}`
}

test('schema.ts declares every table and column of the migrations with its type, nullability and default, and no other', async () => {
  const real = (await realColumns()).map(lineOf)
  expect(real.length).toBeGreaterThan(100)
  expect(declared.map(lineOf).toSorted()).toEqual(real.toSorted())
})

test('every column that schema.ts limits to some texts is limited to them by a check, and no other is', async () => {
  const { rows } = await sql<{ check: string }>`
    select conrelid::regclass::text || '.' || a.attname || ': ' || pg_get_constraintdef(c.oid) as check
    from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and c.conkey = array[a.attnum]
    where c.contype = 'c' and a.atttypid = 'text'::regtype and pg_get_constraintdef(c.oid) like '%= ANY%'`.execute(
    db,
  )
  const limits = declared.flatMap(({ table, name, oneOf }) => {
    if (oneOf === null) return []
    const texts = oneOf.map((text) => `'${text}'::text`).join(', ')
    return [`${table}.${name}: CHECK ((${name} = ANY (ARRAY[${texts}])))`]
  })
  expect(limits.length).toBeGreaterThan(5)
  expect(rows.map(({ check }) => check).toSorted()).toEqual(limits.toSorted())
})

test('events has the filter columns of EVENT_FIELDS, with their types, nullable', () => {
  const events = declared.filter(({ table }) => table === 'events').map(lineOf)
  expect(events).toEqual(
    expect.arrayContaining(EVENT_FIELDS.map(({ column, type }) => `events.${column} ${type} null`)),
  )
})

test('every filter column has an index that begins with the workspace and gives the order, or a GIN one', async () => {
  const { rows } = await sql<{ indexdef: string }>`
    select indexdef from pg_indexes where tablename = 'events'`.execute(db)
  for (const { column, type } of EVENT_FIELDS) {
    const wanted =
      type === 'uuid[]'
        ? `gin (${column})`
        : `btree (workspace_id, ${column}, created_at DESC, event_id) WHERE (${column} IS NOT NULL)`
    expect(rows.filter(({ indexdef }) => indexdef.includes(wanted))).toHaveLength(1)
  }
})

/** A configuration entry is one workspace: its key is unique in the small table that says which. */
function isException({ table, columns }: { table: string; columns: string[] }): boolean {
  return table === 'workspaces' && columns.join() === 'config_key'
}

test('every unique key of a table that belongs to a workspace contains it, so that it can be distributed', async () => {
  const { rows } = await sql<{ table: string; columns: string[] }>`
    select i.indrelid::regclass::text as table,
      array(select a.attname::text from pg_attribute a where a.attrelid = i.indrelid and a.attnum = any(i.indkey)) as columns
    from pg_index i join pg_class c on c.oid = i.indrelid
    where i.indisunique and c.relnamespace = 'public'::regnamespace
      and exists (select from pg_attribute where attrelid = c.oid and attname = 'workspace_id')`.execute(db)
  expect(rows.length).toBeGreaterThan(3)
  expect(rows.filter((row) => !row.columns.includes('workspace_id') && !isException(row))).toEqual([])
})
