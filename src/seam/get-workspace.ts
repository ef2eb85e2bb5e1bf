import type { Micros } from '../domain/instant.ts'
import { isUuid } from '../domain/uuid.ts'
import type { SeamClient } from './open-seam-client.ts'
import { SeamError } from './seam-error.ts'

export interface SeamWorkspace {
  workspaceId: string
  name: string | null
  askedAt: Micros | null
}

/** Which workspace the credentials are for; also the cheapest check that they are accepted (contract 9). */
export async function getWorkspace(client: SeamClient, signal: AbortSignal): Promise<SeamWorkspace> {
  const { text, askedAt } = await client.get('/workspaces/get', {}, signal)
  const workspace = read(text)
  if (!isUuid(workspace?.workspace_id)) {
    throw new SeamError('bad_answer', 'Seam answered /workspaces/get without a workspace id that is a UUID')
  }
  return {
    workspaceId: workspace.workspace_id.toLowerCase(),
    name: typeof workspace.name === 'string' ? workspace.name : null,
    askedAt,
  }
}

function read(text: string): { workspace_id?: unknown; name?: unknown } | undefined {
  try {
    return (JSON.parse(text) as { workspace?: { workspace_id?: unknown; name?: unknown } }).workspace
  } catch {
    return undefined
  }
}
