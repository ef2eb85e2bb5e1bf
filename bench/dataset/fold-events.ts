import { foldWorkspace } from '../../src/folds/fold-workspace.ts'
import { onDatabase } from '../processes/start-server.ts'
import { openPool, WORKSPACE_ID } from '../service-parts.ts'

/** Folds all events, as the service does in the background. Returns how many microseconds an event took. */
export async function foldEvents(databaseUrl: string, count: number): Promise<number> {
  const db = openPool(databaseUrl, 1)
  const startedAt = performance.now()
  while (await foldWorkspace(db, WORKSPACE_ID));
  const micros = ((performance.now() - startedAt) * 1000) / count
  await db.destroy()
  await onDatabase(databaseUrl, (client) => client.query('vacuum analyze event_counts'))
  return micros
}
