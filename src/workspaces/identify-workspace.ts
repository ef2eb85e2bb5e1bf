import { getWorkspace } from '../seam/get-workspace.ts'
import type { SeamClient } from '../seam/open-seam-client.ts'
import { SeamError } from '../seam/seam-error.ts'
import { type RetryPolicy, type Waiting, withRetries } from '../seam/with-retries.ts'
import type { Workspaces } from './open-workspaces.ts'

export interface IdentifyTools {
  client: SeamClient
  workspaces: Workspaces
  workspaceKey: string
  waiting: Waiting
  retryPolicy: RetryPolicy
}

/**
 * Asks Seam which workspace the credentials are for. Throws when it is not the known workspace, because another workspace's events must
 * neither be stored under its id nor prove anything about it. `isConfirmed` is false when Seam did not answer the question: a proxy in
 * between may offer events but not `/workspaces/get`. Then the id that is known by other means has to be enough.
 */
export async function identifyWorkspace(
  { client, workspaces, workspaceKey, waiting, retryPolicy }: IdentifyTools,
  signal: AbortSignal,
): Promise<{ isConfirmed: boolean }> {
  try {
    const workspace = await withRetries(() => getWorkspace(client, signal), retryPolicy, waiting, signal)
    const known = await workspaces.learn(workspaceKey, workspace.workspaceId, 'upstream', workspace.name)
    if (known !== workspace.workspaceId) {
      throw new Error(
        `The credentials are for workspace ${workspace.workspaceId}, but ${known} is configured. Nothing is read until they agree.`,
      )
    }
    return { isConfirmed: true }
  } catch (error) {
    const isKnown = workspaces.byKey(workspaceKey).id !== null
    if (isKnown && error instanceof SeamError && error.kind === 'rejected') return { isConfirmed: false }
    throw error
  }
}
