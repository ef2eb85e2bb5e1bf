import { readFileSync } from 'node:fs'
import path from 'node:path'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { EVENT_FIELDS } from '../../src/domain/event-fields.ts'
import type { Db } from '../../src/store/database.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'

let database: TestDatabase
let db: Db

beforeAll(async () => {
  database = await createTestDatabase()
  db = database.open(1)
})
afterAll(() => database.drop())

interface Column {
  table_name: string
  column_name: string
  type: string
  is_nullable: boolean
  has_default: boolean
}

async function realColumns(): Promise<Column[]> {
  const { rows } = await sql<Column>`
    select table_name, column_name, udt_name as type, is_nullable = 'YES' as is_nullable,
      column_default is not null or is_identity = 'YES' as has_default
    from information_schema.columns
    where table_schema = 'public' and table_name not like 'kysely%'
    order by table_name, ordinal_position`.execute(db)
  return rows
}

/** What src/postgres/schema.ts declares: types are gone when it runs, so its text is read. */
function declaredTables(): Map<string, Map<string, string>> {
  const text = readFileSync(path.join(import.meta.dirname, '../../src/store/schema.ts'), 'utf8')
  const interfaces = new Map(
    [...text.matchAll(/interface (\w+) \{\n(.*?)\n\}/gs)].map(([, name = '', body = '']) => [
      name,
      new Map([...body.matchAll(/^ {2}(\w+): (.+)$/gm)].map(([, key = '', type = '']) => [key, type])),
    ]),
  )
  return new Map(
    [...(interfaces.get('Database') ?? [])].map(([table, type]) => [
      table,
      interfaces.get(type) ?? new Map(),
    ]),
  )
}

test('every table that schema.ts declares has the columns that are declared, and no other', async () => {
  const tables = declaredTables()
  const filterColumns = new Set(EVENT_FIELDS.map(({ column }) => column))
  const real = (await realColumns())
    .filter(({ table_name }) => tables.has(table_name))
    // The filter columns are written and read by SQL that is made from EVENT_FIELDS; see below.
    .filter(({ table_name, column_name }) => table_name !== 'events' || !filterColumns.has(column_name))
    .map(
      ({ table_name, column_name, is_nullable }) =>
        `${table_name}.${column_name}${is_nullable ? ' null' : ''}`,
    )
  const declared = [...tables].flatMap(([table, columns]) =>
    [...columns].map(([name, type]) => `${table}.${name}${type.includes('| null') ? ' null' : ''}`),
  )
  expect(declared.length).toBeGreaterThan(20)
  expect(declared.toSorted()).toEqual(real.toSorted())
})

test('every column that schema.ts calls generated has a default', async () => {
  const withDefault = new Set(
    (await realColumns())
      .filter(({ has_default }) => has_default)
      .map(({ table_name, column_name }) => `${table_name}.${column_name}`),
  )
  const generated = [...declaredTables()].flatMap(([table, columns]) =>
    [...columns].flatMap(([name, type]) => (type.startsWith('Generated') ? [`${table}.${name}`] : [])),
  )
  expect(generated.length).toBeGreaterThan(3)
  expect(generated.filter((name) => !withDefault.has(name))).toEqual([])
})

test('events has exactly the filter columns of EVENT_FIELDS, with their types, nullable', async () => {
  const declared = declaredTables().get('events')
  const real = (await realColumns())
    .filter(({ table_name, column_name }) => table_name === 'events' && !declared?.has(column_name))
    .map(({ column_name, type, is_nullable }) => ({ column_name, type, is_nullable }))
  expect(real).toEqual(
    EVENT_FIELDS.map(({ column, type }) => ({
      column_name: column,
      // Postgres's own name for the type of an array of uuid.
      type: type === 'uuid[]' ? '_uuid' : type,
      is_nullable: true,
    })),
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
