import type { Settings } from './variables.ts'

export type { BackfillSince } from '../domain/backfill-since.ts'

/** The variables that describe workspaces; `Config.workspaces` replaces them. */
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
  /** Things that are right but may surprise. */
  notes: readonly string[]
  /** Things that are allowed but probably not meant; logged at start. */
  warnings: readonly string[]
}

export interface WorkspaceConfig {
  /** 'default', or the entry's name in the workspaces file: logs and the database call the entry by it. */
  key: string
  workspaceId: string | null
  credentials: Credentials | null
  /** Deliveries may be signed with any of them. */
  webhookSecrets: readonly string[]
}

export type Credentials =
  | { kind: 'api_key'; apiKey: string }
  | { kind: 'personal_access_token'; token: string; workspaceId: string }

/** The configuration cannot be used; the message lists every problem, and never a secret. */
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
