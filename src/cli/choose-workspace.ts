import type { RememberedWorkspace } from '../store/workspaces/remember-workspace.ts'

/** Finds a workspace by its id or by its name in the configuration; throws with a list of the known ones. */
export function chooseWorkspace(known: readonly RememberedWorkspace[], wanted: string): RememberedWorkspace {
  const found = known.find(
    ({ workspaceId, configKey }) => workspaceId === wanted.toLowerCase() || configKey === wanted,
  )
  if (found !== undefined) return found
  const list = known.map(({ workspaceId, configKey }) => `${workspaceId} (${configKey})`).join(', ')
  throw new Error(`There is no workspace ${wanted}; known are: ${list || 'none yet'}.`)
}
