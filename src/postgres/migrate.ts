import { readFile, readdir } from 'node:fs/promises'
import path from 'node:path'
import { type Kysely, sql } from 'kysely'
import { type Migration, type MigrationProvider, Migrator } from 'kysely/migration'
import { OWN_SCHEMA_REMEDY, readServerFacts, refuseUnfit, type ServerFacts } from './check-server.ts'
import { explainDatabaseError } from './explain-database-error.ts'
import type { PostgresDatabase } from './open-database.ts'

/** The repository's folder of numbered SQL files. */
export const MIGRATIONS_DIR = path.join(import.meta.dirname, '../../migrations')

export interface MigrationReport {
  /** Names of the migrations that this call ran. */
  applied: string[]
}

/** The advisory lock that a migration holds; any number that is this service's alone. */
const MIGRATION_LOCK = 7_326_001_001

/**
 * Brings the schema up to date. Kysely's migrator runs plain, numbered, forward-only SQL files, all in one transaction under a lock, so
 * twenty processes may start at once, also through a transaction-mode pooler.
 *
 * Throws, with the remedy in the message, when the database is unfit, when a migration fails, and when the schema is another program's or
 * a newer release's, because an old process must not write to a schema it doesn't know.
 */
export async function migrate<Tables>(
  db: PostgresDatabase<Tables>,
  folder: string = MIGRATIONS_DIR,
): Promise<MigrationReport> {
  const files = new SqlFiles(folder)
  const facts = await readServerFacts(db)
  refuseUnfit(facts)
  // Usually the schema is current, and then no lock is needed.
  if (await isSchemaCurrent(db, folder)) return { applied: [] }
  return db.transaction().execute(async (trx) => {
    // The role's time limit is meant for queries. An index over years of events may take longer.
    await sql`set local statement_timeout = 0`.execute(trx)
    await sql`set local idle_in_transaction_session_timeout = 0`.execute(trx)
    await sql`select pg_advisory_xact_lock(${MIGRATION_LOCK})`.execute(trx)
    const difference = await compareSchema(trx, folder)
    if (difference.unknown.length > 0) throw unknownSchemaError(difference)
    // Without the schema's name, the migrator would take a table of the same name in any schema for its own.
    const migrator = new Migrator({
      db: trx,
      provider: files,
      migrationTableSchema: facts.schema ?? 'public',
    })
    const { error, results = [] } = await migrator.migrateToLatest()
    const failed = results.find((result) => result.status === 'Error')
    if (error !== undefined) throw migrationError(error, facts, failed?.migrationName)
    return {
      applied: results.filter(({ status }) => status === 'Success').map(({ migrationName }) => migrationName),
    }
  })
}

/** duplicate_table, and duplicate_object (for example a type). */
const TAKEN_NAMES = new Set(['42P07', '42710'])

function migrationError(cause: unknown, { schema, role, canCreate }: ServerFacts, name?: string): Error {
  const { code } = cause as { code?: unknown }
  const what = name === undefined ? 'The schema could not be migrated' : `Migration ${name} failed`
  const remedy = TAKEN_NAMES.has(String(code))
    ? ` Another program's tables are in the schema "${schema}". ${OWN_SCHEMA_REMEDY}`
    : canCreate
      ? ''
      : ` As the owner of the database: grant create on schema "${schema}" to "${role}"`
  const message = `${what}: ${explainDatabaseError(cause)} Nothing was changed; the database is as it was.${remedy}`
  return new Error(message, { cause })
}

/** True when the database has exactly the migrations of this release: the readiness check. */
export async function isSchemaCurrent<Tables>(
  db: PostgresDatabase<Tables>,
  folder: string = MIGRATIONS_DIR,
): Promise<boolean> {
  const { missing, unknown } = await compareSchema(db, folder)
  return missing.length === 0 && unknown.length === 0
}

export interface SchemaDifference {
  /** The database was never migrated. */
  isEmpty: boolean
  /** Migrations of this release that have not run on the database. */
  missing: string[]
  /** Migrations that have run on it and that this release doesn't know. */
  unknown: string[]
  /** Some have run on it, but none of ours, because another program records its own in a table of the same name. */
  isForeign: boolean
}

/** Compares the migrations that have run on the database with those of this release. */
export async function compareSchema<Tables>(
  db: Kysely<Tables>,
  folder: string = MIGRATIONS_DIR,
): Promise<SchemaDifference> {
  const [wanted, present] = await Promise.all([new SqlFiles(folder).names(), appliedNames(db)])
  return {
    isEmpty: present.length === 0,
    missing: wanted.filter((name) => !present.includes(name)),
    unknown: present.filter((name) => !wanted.includes(name)),
    isForeign: present.length > 0 && !present.some((name) => wanted.includes(name)),
  }
}

export function unknownSchemaError({ unknown, isForeign }: SchemaDifference): Error {
  const names = unknown.join(', ')
  return new Error(
    isForeign
      ? `Another program keeps its migrations in the schema that seam-mirror would use (${names}). ${OWN_SCHEMA_REMEDY}`
      : `The database was migrated by a newer release (it has ${names}). Start that release, or point DATABASE_URL elsewhere.`,
  )
}

async function appliedNames<Tables>(db: Kysely<Tables>): Promise<string[]> {
  // Looks only in the schema where our tables are or will be. Another schema of the search path may hold another program's table.
  const { rows: tables } = await sql<{ present: boolean }>`
    select to_regclass(quote_ident(current_schema()) || '.kysely_migration') is not null as present`.execute(
    db,
  )
  if (tables[0]?.present !== true) return []
  const { rows } = await sql<{ name: string }>`select name from kysely_migration order by name`.execute(db)
  return rows.map((row) => row.name)
}

class SqlFiles implements MigrationProvider {
  readonly #folder: string

  constructor(folder: string) {
    this.#folder = folder
  }

  async names(): Promise<string[]> {
    const files = await readdir(this.#folder)
    return files
      .filter((file) => /^\d{4}_\w+\.sql$/.test(file))
      .map((file) => path.basename(file, '.sql'))
      .toSorted()
  }

  async getMigrations(): Promise<Record<string, Migration>> {
    const names = await this.names()
    const entries = names.map(async (name): Promise<[string, Migration]> => {
      const text = await readFile(path.join(this.#folder, `${name}.sql`), 'utf8')
      const up = async (db: Kysely<unknown>) => {
        await sql.raw(text).execute(db)
      }
      return [name, { up }]
    })
    return Object.fromEntries(await Promise.all(entries))
  }
}
