import type { Kysely } from 'kysely'
import type { PostgresDatabase } from '../postgres/open-database.ts'
import type { Database } from './schema.ts'

/** A pool of connections to our database. */
export type Db = PostgresDatabase<Database>

/** The same, or one of its transactions. */
export type DbOrTransaction = Kysely<Database>
