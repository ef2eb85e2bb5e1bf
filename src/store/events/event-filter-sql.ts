import type { EventFilter } from './event-query.ts'
import { EVENT_FIELDS } from '../../domain/event-fields.ts'
import { rawSql, type Sql, sql } from '../../postgres/sql.ts'

/** A column that events can be filtered by. */
interface FilterColumn {
  type: 'uuid' | 'uuid[]' | 'text'
  name: Sql
  /** The type of an array of values. */
  arrayType: Sql
}

const COLUMNS: ReadonlyMap<string, FilterColumn> = new Map([
  ['event_id', filterColumnOf('event_id', 'uuid')],
  ['event_type', filterColumnOf('event_type', 'text')],
  ...EVENT_FIELDS.map(({ column, type }) => [column, filterColumnOf(column, type)] as const),
])

function filterColumnOf(name: string, type: FilterColumn['type']): FilterColumn {
  return { type, name: rawSql(name), arrayType: rawSql(type === 'uuid[]' ? type : `${type}[]`) }
}

/** Throws for a name that is no such column, so that no other text gets into a statement. */
export function filterColumn(name: string): FilterColumn {
  const column = COLUMNS.get(name)
  if (column === undefined)
    throw new Error(`events has no column '${name}' to filter by; see event-fields.ts.`)
  return column
}

/** The condition that a filter means. */
export function filterSql({ column, values }: EventFilter): Sql {
  const { type, name, arrayType } = filterColumn(column)
  const distinct = [...new Set(values)]
  if (type === 'uuid[]') return sql`${name} && ${distinct}::${arrayType}`
  // With `=` the index also gives the order. With `any`, even of one value, Postgres sorts.
  if (distinct.length === 1) return sql`${name} = ${distinct[0]}`
  return sql`${name} = any(${distinct}::${arrayType})`
}
