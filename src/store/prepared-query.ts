import {
  type Compilable,
  DummyDriver,
  type Expression,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  sql,
} from 'kysely'
import { type Executor, runSql } from '../postgres/open-database.ts'
import type { Database } from './schema.ts'

/** Only builds: it is connected to nothing. */
const builder = new Kysely<Database>({
  dialect: {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new DummyDriver(),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  },
})

/**
 * Makes a query of one value that is built once, here, and that each connection prepares once. It is for what nearly every call of the API
 * asks: the builder takes some 17 µs for such a query each time, and Postgres plans it each time.
 */
export function preparedQuery<Value, Row>(
  name: string,
  make: (db: Kysely<Database>, value: Expression<Value>) => Compilable<Row>,
): (db: Executor, value: Value) => Promise<Row[]> {
  const { sql: text, parameters } = make(builder, sql<Value>`${null}`).compile()
  if (parameters.length !== 1) throw new TypeError(`The prepared query ${name} must have one value.`)
  return (db, value) => runSql<Row>(db, { name, text, values: [value] })
}
