import { expect } from 'vitest'
import type { IngestPath, UnusableEvent } from '../../src/domain/event.ts'
import { ingestBatch } from '../../src/ingest/ingest-batch.ts'
import { quarantineCommand } from '../../src/cli/quarantine.ts'
import { snakeCase } from '../../src/domain/snake-case.ts'
import { useDatabase } from '../../src/cli/use-database.ts'
import { sealingSecrets } from '../../src/secrets/sealing-secrets.ts'
import type { Secrets } from '../../src/secrets/secrets.ts'
import type { Db } from '../../src/store/database.ts'
import { WORKSPACE_ID } from '../support/sample-event.ts'

export const KEY = Buffer.alloc(32, 7)
export const SECRETS = sealingSecrets([KEY])

export interface Run {
  /** What it answers (stdout). */
  lines: string[]
  /** All of that. */
  text: string
  /** Its messages (stderr). */
  said: string[]
  /** What it failed with, which the program prints before it exits with 1; null for exit code 0. */
  error: Error | null
}

/** `seam-mirror quarantine <args>` on a database, as a function; with these secrets keys. */
export async function runQuarantine(
  databaseUrl: string,
  args: readonly string[],
  keys: readonly Buffer[] = [],
): Promise<Run> {
  const environment = {
    DATABASE_URL: databaseUrl,
    ...(keys.length > 0 && { SEAM_MIRROR_SECRETS_KEY: keys.map((key) => key.toString('base64')).join(',') }),
  }
  const lines: string[] = []
  const said: string[] = []
  const say = (line: string) => void said.push(line)
  const run = (error: Error | null): Run => ({ lines, text: lines.join('\n'), said, error })
  const command = quarantineCommand({
    environment,
    useDatabase: (work) => useDatabase(environment, say, work),
    answer: (answer) =>
      void lines.push(...(answer.isJson ? [JSON.stringify(snakeCase(answer.document))] : answer.lines)),
    say,
    end: () => {},
  })
  try {
    await command.parseAsync([...args], { from: 'user' })
    return run(null)
  } catch (error) {
    return run(error as Error)
  }
}

export interface Put {
  workspaceId?: string
  reason?: UnusableEvent['reason']
  path?: IngestPath
  secrets: Secrets
}

/** Quarantines a body the way ingest does, for a reason that need not be true (any more), and returns its id. */
export async function putAside(db: Db, body: unknown, put: Put): Promise<string> {
  const { secrets, workspaceId = WORKSPACE_ID, reason = 'bad_created_at', path = 'webhook' } = put
  const before = await idsInQuarantine(db)
  const bytes = Buffer.isBuffer(body)
    ? body
    : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const item = {
    kind: 'unusable' as const,
    workspaceId,
    reason,
    detail: 'The reason of the test.',
    body: bytes,
  }
  await ingestBatch(db, [item], path, secrets)
  const added = (await idsInQuarantine(db)).filter((id) => !before.includes(id))
  expect(added).toHaveLength(1)
  return added[0] ?? ''
}

export async function idsInQuarantine(db: Db): Promise<string[]> {
  const rows = await db.selectFrom('quarantine').select('quarantine_id').orderBy('quarantine_id').execute()
  return rows.map(({ quarantine_id: id }) => id)
}

export async function quarantined(db: Db, id: string) {
  return db.selectFrom('quarantine').selectAll().where('quarantine_id', '=', id).executeTakeFirst()
}

export async function storedEvents(db: Db, eventId: string) {
  return db.selectFrom('events').selectAll().where('event_id', '=', eventId).execute()
}
