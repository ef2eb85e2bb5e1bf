import { setImmediate } from 'node:timers/promises'
import { sql } from 'kysely'
import { onTestFinished } from 'vitest'
import { parseEvent } from '../../src/domain/event.ts'
import { ingestBatch } from '../../src/ingest/ingest-batch.ts'
import { type NameSync, type NameSyncOptions, startNameSync } from '../../src/names/start-name-sync.ts'
import { createLogger } from '../../src/observability/create-logger.ts'
import { openSeamClient } from '../../src/seam/open-seam-client.ts'
import { maskingSecrets } from '../../src/secrets/masking-secrets.ts'
import {
  type Faults,
  type SimulatedSeam,
  startSimulatedSeam,
} from '../../src/simulated-seam/start-simulated-seam.ts'
import type { Db } from '../../src/store/database.ts'
import { listNames, type StoredName } from '../../src/store/names/list-names.ts'
import { openWorkspaces } from '../../src/workspaces/open-workspaces.ts'
import { NEVER } from '../support/start-test-app.ts'

/** All rows of names as text, with what changes whenever a row is written. */
export async function rowsOfNames(db: Db): Promise<string> {
  const { rows } = await sql<{
    row: string
  }>`select n::text || n.xmin::text as row from names n order by id`.execute(db)
  return rows.map(({ row }) => row).join('\n')
}

export interface NameRig extends NameSync {
  seam: SimulatedSeam
  /** All stored names, by id. */
  names: () => Promise<Map<string, StoredName>>
  /** Stores events as a webhook would. */
  ingest: (...events: object[]) => Promise<void>
  /** Paths asked for since the last call, without those of the workspace. */
  asked: () => string[]
  logs: string[]
}

/** The names of a simulated workspace. The first listing has ended; others, and looks, run only when told to. Stopped with the test. */
export async function startNames(
  db: Db,
  faults: Partial<Faults> = {},
  changes: Partial<NameSyncOptions> = {},
): Promise<NameRig> {
  const seam = await startSimulatedSeam({ seed: 5 })
  onTestFinished(() => seam.stop())
  seam.setFaults(faults)
  const logs: string[] = []
  const logger = createLogger('debug', { write: (line) => void logs.push(line) })
  const { workspaceId } = seam
  const sync = startNameSync({
    db,
    client: openSeamClient({
      endpoint: seam.url,
      credentials: { kind: 'api_key', apiKey: seam.apiKey },
      timeoutMs: 120_000,
    }),
    workspaces: await openWorkspaces(db, [{ key: 'default', workspaceId }], logger),
    workspaceKey: 'default',
    schedule: NEVER,
    lookSchedule: NEVER,
    isPolling: () => true,
    logger,
    // Lets sockets and the database go on, but costs no time.
    waiting: { sleep: () => setImmediate(), random: () => 0.5 },
    ...changes,
  })
  onTestFinished(() => sync.stop())
  await sync.syncNow()
  let seen = seam.requests().length
  return {
    ...sync,
    seam,
    logs,
    names: async () => {
      const all = await listNames(db, { workspaceId, visibility: { kind: 'all' }, limit: 100_000 })
      return new Map(all.map((name) => [name.id, name]))
    },
    ingest: async (...events) => {
      const items = events.map((event) => parseEvent(JSON.stringify(event), workspaceId))
      const { quarantined } = await ingestBatch(db, items, 'webhook', maskingSecrets())
      if (quarantined > 0) throw new Error('An event of this test is not usable.')
    },
    asked: () => {
      const paths = seam.requests().map(({ path }) => path)
      const fresh = paths.slice(seen)
      seen = paths.length
      return fresh.filter((path) => path !== '/workspaces/get')
    },
  }
}
