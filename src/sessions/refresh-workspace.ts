import { membersAt, skipSpace } from '../domain/json-text.ts'
import { isUuid } from '../domain/uuid.ts'
import type { SeamClient } from '../seam/open-seam-client.ts'
import { SeamError } from '../seam/seam-error.ts'
import type { Db } from '../store/database.ts'
import { saveWorkspaceBody } from '../store/workspaces/save-workspace-body.ts'
import { dropMember } from './drop-member.ts'

/** This member is not kept, because anybody could make client sessions with it and nothing here needs it (contract, trap 8). */
const NOT_KEPT = 'publishable_key'

/**
 * Asks Seam for the workspace behind the credentials and stores its text for `/workspaces/get`. Throws when it is another workspace than
 * expected, because that one's empty list of sessions would look as if all of our sessions were deleted.
 */
export async function refreshWorkspace(
  db: Db,
  client: SeamClient,
  workspaceId: string,
  signal: AbortSignal,
): Promise<void> {
  const { id, name, body } = read((await client.get('/workspaces/get', { signal })).text)
  if (id !== workspaceId) {
    throw new Error(
      `The credentials are for workspace ${id}, but ${workspaceId} is expected. No client sessions are read until they agree.`,
    )
  }
  await saveWorkspaceBody(db, workspaceId, { body, name })
}

function read(text: string): { id: string; name: string | null; body: string } {
  const { workspace_id: id, name } = parse(text) ?? {}
  const member = membersAt(text, skipSpace(text, 0)).findLast(({ name: key }) => key === 'workspace')
  if (!isUuid(id) || member === undefined) {
    throw new SeamError('bad_answer', 'Seam answered /workspaces/get without a workspace id that is a UUID')
  }
  const body = dropMember(text.slice(member.start, member.end), NOT_KEPT)
  return { id: id.toLowerCase(), name: typeof name === 'string' ? name : null, body }
}

function parse(text: string): { workspace_id?: unknown; name?: unknown } | null | undefined {
  try {
    return (JSON.parse(text) as { workspace?: { workspace_id?: unknown; name?: unknown } | null } | null)
      ?.workspace
  } catch {
    return null
  }
}
