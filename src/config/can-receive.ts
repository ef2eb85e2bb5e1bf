import type { WorkspaceConfig } from './config.ts'

/** Whether any event could come, by either path. If not, the service only serves what is stored already. */
export function canReceive(workspaces: readonly WorkspaceConfig[]): boolean {
  return workspaces.some(
    ({ credentials, webhookSecrets }) => credentials !== null || webhookSecrets.length > 0,
  )
}
