import { isUuid } from '../domain/uuid.ts'
import type { SeamClient } from './open-seam-client.ts'
import { SeamError } from './seam-error.ts'

export interface SeamWorkspace {
  workspaceId: string
  name: string | null
}

/** Asks which workspace the credentials are for. It is also the cheapest check that they are accepted (contract 9). */
export async function getWorkspace(client: SeamClient, signal: AbortSignal): Promise<SeamWorkspace> {
  const { body } = await client.get('/workspaces/get', { signal })
  const workspace = body.workspace as { workspace_id?: unknown; name?: unknown } | null | undefined
  if (!isUuid(workspace?.workspace_id)) {
    throw new SeamError('bad_answer', 'Seam answered /workspaces/get without a workspace id that is a UUID')
  }
  return {
    workspaceId: workspace.workspace_id.toLowerCase(),
    name: typeof workspace.name === 'string' ? workspace.name : null,
  }
}
