import type { KnownWorkspace } from '../store/workspaces/save-workspace.ts'

/** Finds a workspace by its id or by its name in the configuration; throws with a list of the known ones. */
export function chooseWorkspace(known: readonly KnownWorkspace[], wanted: string): KnownWorkspace {
  const found = known.find(
    ({ workspaceId, configKey }) => workspaceId === wanted.toLowerCase() || configKey === wanted,
  )
  if (found !== undefined) return found
  const list = known.map(({ workspaceId, configKey }) => `${workspaceId} (${configKey})`).join(', ')
  throw new Error(`There is no workspace ${wanted}; known are: ${list || 'none yet'}.`)
}
