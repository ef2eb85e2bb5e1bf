import type { Micros } from '../domain/instant.ts'

/** Everything the service was told from outside, checked. Nothing else in `src` reads the environment. */
export interface Config {
  host: string | undefined
  port: number
  /** Null: start an embedded Postgres below dataDir. */
  databaseUrl: string | null
  dataDir: string
  seamEndpoint: string
  workspaces: readonly WorkspaceConfig[]
  mirrorApiKey: string | null
  /** 32 bytes each. The first encrypts, all decrypt; none: secrets are masked and not kept. */
  secretsKeys: readonly Buffer[]
  pollSchedule: string
  settleSeconds: number
  backfillSince: BackfillSince
  auditSchedule: string
  auditLookbackHours: number
  clientSessionsSchedule: string
  retentionDays: number | null
  logLevel: LogLevel
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

/** A fixed instant, or so long before now (by Seam's clock, see I6). */
export type BackfillSince = { kind: 'instant'; at: Micros } | { kind: 'ago'; duration: Micros }

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

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
