import type { Logger } from 'pino'
import type { NameKind } from '../domain/name-kinds.ts'
import { getWorkspace } from '../seam/get-workspace.ts'
import { SeamError } from '../seam/seam-error.ts'
import { withRetries } from '../seam/with-retries.ts'
import { saveFailedNameSync } from '../store/names/save-name-sync.ts'
import { KIND_SOURCES } from './kinds.ts'
import { type KindTools, syncKind } from './sync-kind.ts'

export interface SyncTools extends KindTools {
  logger: Logger
}

/** The kinds whose listing failed, each with its reason; empty after a success. */
export type FailedKinds = ReadonlyMap<NameKind, Error>

/**
 * Lists all kinds, one after another. A kind that fails changes nothing and does not stop the others, unless the credentials were refused.
 * The workspace behind the credentials must be the expected one, because the lists of another would take the place of ours.
 */
export async function syncNames(tools: SyncTools, signal: AbortSignal): Promise<FailedKinds> {
  const failed = new Map<NameKind, Error>()
  const attempt = async (kinds: Iterable<NameKind>, work: () => Promise<unknown>): Promise<boolean> => {
    try {
      await work()
      return true
    } catch (error) {
      if (signal.aborted || !(error instanceof Error)) throw error
      for (const kind of kinds) {
        failed.set(kind, error)
        await saveFailedNameSync(tools.db, { workspaceId: tools.workspaceId, kind }, error.message)
      }
      return !(error instanceof SeamError && error.kind === 'credentials')
    }
  }
  await attempt(KIND_SOURCES.keys(), () => requireWorkspace(tools, signal))
  if (failed.size > 0) return failed
  for (const kind of KIND_SOURCES.keys()) {
    const goOn = await attempt([kind], async () => {
      tools.logger.debug({ kind, ...(await syncKind(tools, kind, signal)) }, 'names synced')
    })
    if (!goOn) break
  }
  return failed
}

async function requireWorkspace(
  { client, workspaceId, retryPolicy, waiting }: SyncTools,
  signal: AbortSignal,
): Promise<void> {
  const ask = () => getWorkspace(client, signal)
  const { workspaceId: id } = await withRetries(ask, retryPolicy, waiting, signal)
  if (id === workspaceId) return
  throw new Error(
    `The credentials are for workspace ${id}, but ${workspaceId} is expected. No names are read until they agree.`,
  )
}
