import type { Settings } from './variables.ts'

export type { BackfillSince } from '../domain/backfill-since.ts'

/** What became of the settings of workspaces: `Config.workspaces`. */
type WorkspaceSetting =
  | 'seamApiKey'
  | 'seamPersonalAccessToken'
  | 'seamWorkspaceId'
  | 'seamWebhookSecrets'
  | 'workspacesFile'

/**
 * Everything the service was told from outside, checked: the settings of variables.ts, and the workspaces that they or a file
 * describe. Nothing else in `src` reads the environment.
 */
export interface Config extends Omit<Settings, WorkspaceSetting> {
  workspaces: readonly WorkspaceConfig[]
  /** Things that are as they should be and yet may surprise. */
  notes: readonly string[]
  /** Things that are allowed but deserve a word at start. */
  warnings: readonly string[]
}

export interface WorkspaceConfig {
  /** 'default', or the entry's name in the workspaces file: how logs and the database refer to the entry. */
  key: string
  workspaceId: string | null
  credentials: Credentials | null
  /** Any of them may have signed a delivery. */
  webhookSecrets: readonly string[]
}

export type Credentials =
  | { kind: 'api_key'; apiKey: string }
  | { kind: 'personal_access_token'; token: string; workspaceId: string }

/** The configuration can't be used; the message lists every problem, and never a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(
      `The configuration has ${problems.length === 1 ? 'a problem' : `${problems.length} problems`}:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    )
    this.problems = problems
  }
}
