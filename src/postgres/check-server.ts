import { type Executor, runSql } from './open-database.ts'
import { sql } from './sql.ts'

/** The first version with multiranges, in which coverage is kept. */
const OLDEST_VERSION = 140_000
const OLDEST_RELEASE = 14

/** What a server says about itself and the database that was opened. */
export interface ServerFacts {
  /** As `server_version_num`: 180004. */
  versionNumber: number
  version: string
  encoding: string
  database: string
  role: string
  /** The first schema of the search path that exists; null when none does. */
  schema: string | null
  canCreate: boolean
}

export async function readServerFacts(db: Executor): Promise<ServerFacts> {
  const rows = await runSql<ServerFacts>(
    db,
    sql`select current_setting('server_version_num')::int as "versionNumber",
       current_setting('server_version') as version,
       current_setting('server_encoding') as encoding,
       current_database()::text as database, current_user::text as role, current_schema()::text as schema,
       coalesce(has_schema_privilege(current_schema(), 'create'), false) as "canCreate"`,
  )
  return rows[0] as ServerFacts
}

/**
 * Throws, with the remedy, for a database that cannot hold the copy: an old server, an encoding other than UTF8 (events would go to
 * quarantine one by one because of their characters), or no schema.
 */
export function refuseUnfit({ versionNumber, version, encoding, database, role, schema }: ServerFacts): void {
  if (versionNumber < OLDEST_VERSION)
    throw new Error(
      `The server is Postgres ${version}; seam-mirror needs ${OLDEST_RELEASE} or newer. Upgrade it, or point DATABASE_URL elsewhere.`,
    )
  if (encoding !== 'UTF8')
    throw new Error(
      `The database "${database}" has the encoding ${encoding}, which cannot hold every event's text. seam-mirror needs UTF8. ` +
        `Create such a database: create database seam_mirror encoding 'UTF8' lc_collate 'C' lc_ctype 'C' template template0`,
    )
  if (schema === null)
    throw new Error(
      `No schema of the search path exists for "${role}" in the database "${database}". Create one (create schema …), grant usage on it, or correct search_path.`,
    )
}

/** What to do when another program uses the same schema. */
export const OWN_SCHEMA_REMEDY =
  'Give seam-mirror a database of its own, or a schema: create schema seam_mirror, and DATABASE_URL=…?options=-c%20search_path%3Dseam_mirror'
