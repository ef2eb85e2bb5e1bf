import { compareSchema, unknownSchemaError } from './migrate.ts'
import type { PostgresDatabase } from './open-database.ts'

/** Throws, with the remedy in the message, unless the database has exactly the schema of this release. Changes nothing. */
export async function requireSchema<Tables>(db: PostgresDatabase<Tables>): Promise<void> {
  const difference = await compareSchema(db)
  const { missing, unknown, isEmpty } = difference
  if (unknown.length > 0) throw unknownSchemaError(difference)
  if (isEmpty)
    throw new Error(
      'The database has no schema yet: nothing has been stored in it. Start the service, or run seam-mirror migrate.',
    )
  if (missing.length > 0)
    throw new Error(
      `The database has the schema of an older release (it lacks ${missing.join(', ')}). Start this release's service, or run seam-mirror migrate.`,
    )
}
