import { z } from 'zod'
import * as check from './checks.ts'
import { type Config, ConfigError, type WorkspaceConfig } from './config.ts'
import { credentialsOf, parseWorkspacesFile } from './parse-workspaces-file.ts'
import { VARIABLES, type VariableName } from './variables.ts'

const KNOWN = new Set<string>(VARIABLES.map(({ name }) => name))
const SINGLE_WORKSPACE: VariableName[] = [
  'SEAM_API_KEY',
  'SEAM_PERSONAL_ACCESS_TOKEN',
  'SEAM_WORKSPACE_ID',
  'SEAM_WEBHOOK_SECRET',
]
const SHORTEST_GOOD_KEY = 24

/**
 * Parses the environment once, into a typed value. Throws ConfigError with all problems together. An empty variable counts
 * as absent; an unknown `SEAM_MIRROR_…` is refused, because a misspelt setting that is ignored is worse than one that stops the start.
 */
export function parseConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const problems = Object.keys(environment)
    .filter((name) => name.startsWith('SEAM_MIRROR_') && !KNOWN.has(name))
    .map((name) => `${name} is not a variable that seam-mirror knows`)

  const raw = (name: VariableName) =>
    environment[name]?.trim() || VARIABLES.find((v) => v.name === name)?.default || undefined
  function read<T>(name: VariableName, schema: z.ZodType<T>): T | undefined {
    const text = raw(name)
    if (text === undefined) return undefined
    const result = schema.safeParse(text)
    if (result.success) return result.data
    problems.push(`${name} ${result.error.issues[0]?.message ?? 'is not valid'}`)
    return undefined
  }

  const single: WorkspaceConfig = {
    key: 'default',
    workspaceId: read('SEAM_WORKSPACE_ID', check.uuid) ?? null,
    credentials: credentialsOf(
      read('SEAM_API_KEY', check.apiKey),
      read('SEAM_PERSONAL_ACCESS_TOKEN', check.personalAccessToken),
      read('SEAM_WORKSPACE_ID', check.uuid),
    ),
    webhookSecrets:
      read('SEAM_WEBHOOK_SECRET', z.string().transform(splitList).pipe(z.array(check.webhookSecret))) ?? [],
  }
  if (raw('SEAM_PERSONAL_ACCESS_TOKEN') && !raw('SEAM_WORKSPACE_ID')) {
    problems.push('SEAM_PERSONAL_ACCESS_TOKEN needs SEAM_WORKSPACE_ID: a token can see several workspaces')
  }
  if (raw('SEAM_PERSONAL_ACCESS_TOKEN') && raw('SEAM_API_KEY')) {
    problems.push('SEAM_API_KEY and SEAM_PERSONAL_ACCESS_TOKEN are both set; use one')
  }

  const workspacesFile = raw('SEAM_MIRROR_WORKSPACES_FILE')
  let workspaces = [single]
  if (workspacesFile !== undefined) {
    const alsoSet = SINGLE_WORKSPACE.filter(raw)
    if (alsoSet.length > 0)
      problems.push(`${alsoSet.join(', ')} must not be set together with SEAM_MIRROR_WORKSPACES_FILE`)
    const parsed = parseWorkspacesFile(workspacesFile)
    if ('problems' in parsed) problems.push(...parsed.problems)
    else workspaces = parsed.workspaces
  }

  const config = {
    host: raw('HOST'),
    port: read('PORT', check.port),
    databaseUrl: read('DATABASE_URL', check.postgresUrl) ?? null,
    dataDir: raw('SEAM_MIRROR_DATA_DIR'),
    seamEndpoint: read('SEAM_ENDPOINT', check.httpUrl),
    workspaces,
    mirrorApiKey: raw('SEAM_MIRROR_API_KEY') ?? null,
    secretsKeys:
      read('SEAM_MIRROR_SECRETS_KEY', z.string().transform(splitList).pipe(z.array(check.secretsKey))) ?? [],
    pollSchedule: read('SEAM_MIRROR_POLL_SCHEDULE', check.cron),
    settleSeconds: read('SEAM_MIRROR_SETTLE_SECONDS', check.count(0, 86_400)),
    backfillSince: read('SEAM_MIRROR_BACKFILL_SINCE', check.backfillSince),
    auditSchedule: read('SEAM_MIRROR_AUDIT_SCHEDULE', check.cron),
    auditLookbackHours: read('SEAM_MIRROR_AUDIT_LOOKBACK_HOURS', check.count(1, 8760)),
    clientSessionsSchedule: read('SEAM_MIRROR_CLIENT_SESSIONS_SCHEDULE', check.cron),
    retentionDays: read('SEAM_MIRROR_RETENTION_DAYS', check.count(1, 36_500)) ?? null,
    logLevel: read('LOG_LEVEL', check.logLevel),
  }
  if (problems.length > 0) throw new ConfigError([...new Set(problems)])
  // Every field with a default is present when there was no problem.
  const complete = config as Omit<Config, 'warnings'>
  return { ...complete, warnings: warningsOf(complete) }
}

function splitList(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean)
}

function warningsOf(config: Omit<Config, 'warnings'>): string[] {
  const warnings = []
  const key = config.mirrorApiKey
  if (key === null) warnings.push('SEAM_MIRROR_API_KEY is not set: the read API answers 401 to everybody')
  else {
    if (key.length < SHORTEST_GOOD_KEY)
      warnings.push(`SEAM_MIRROR_API_KEY is short: use at least ${SHORTEST_GOOD_KEY} random characters`)
    if (!/^seam_(?!at|cst|pk)/.test(key)) {
      warnings.push(
        "SEAM_MIRROR_API_KEY does not begin with seam_ (or looks like another kind of token): Seam's SDKs will refuse to send it",
      )
    }
  }
  for (const { key: name, credentials, webhookSecrets } of config.workspaces) {
    if (credentials === null)
      warnings.push(
        `workspace ${name} has no Seam credentials: nothing is polled, and lost webhooks stay lost`,
      )
    if (webhookSecrets.length === 0)
      warnings.push(`workspace ${name} has no webhook secret: events arrive by polling only`)
  }
  return warnings
}
