import { createTask } from 'node-cron'
import { MAX_COPY_AGE_HOURS } from '../domain/client-session.ts'
import { canReceive } from './can-receive.ts'
import type { Config } from './config.ts'
import { textOf, VARIABLES } from './variables.ts'

type Unjudged = Omit<Config, 'notes' | 'warnings'>

/** Things that are right and still worth a line of the log at start. */
export function notesOn(config: Unjudged): string[] {
  if (config.mirrorApiKey !== null) return []
  return [
    'the read API takes keys made with `seam-mirror keys create`, and client session tokens (SEAM_MIRROR_API_KEY is not set)',
  ]
}

/** Things that are allowed but probably not meant. The service logs each at start, and `seam-mirror config` shows the same. */
export function warningsOn(
  config: Unjudged,
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  return [
    ...ofWorkspaces(config),
    ...ofSecrets(config),
    ...ofDatabase(config, environment),
    ...ofSchedules(config),
  ]
}

function ofWorkspaces({ workspaces }: Unjudged): string[] {
  if (!canReceive(workspaces)) {
    return [
      'nothing can arrive: there are neither credentials to poll Seam with (SEAM_API_KEY) nor a secret for its webhooks ' +
        '(SEAM_WEBHOOK_SECRET), so /readyz answers 503',
    ]
  }
  return workspaces.flatMap(({ key, credentials, webhookSecrets }) => {
    if (credentials === null && webhookSecrets.length === 0)
      return [`workspace ${key} has neither Seam credentials nor a webhook secret: nothing arrives for it`]
    if (credentials === null)
      return [`workspace ${key} has no Seam credentials: nothing is polled, and lost webhooks stay lost`]
    if (webhookSecrets.length === 0)
      return [`workspace ${key} has no webhook secret: events arrive by polling only`]
    return []
  })
}

/** Without a key secrets are not kept. The embedded database is exempt: its key is made and kept in the data folder (open-secrets.ts). */
function ofSecrets({ secretsKeys, databaseUrl }: Unjudged): string[] {
  if (secretsKeys !== null || databaseUrl === null) return []
  return [
    'SEAM_MIRROR_SECRETS_KEY is not set: door PINs and client session tokens are masked and not kept. Make a key with: openssl rand -base64 32',
  ]
}

/** A copy must be renewed with half its time left, so that one failed sync locks nobody out. */
function ofSchedules({ clientSessionsSchedule: schedule }: Unjudged): string[] {
  const [first, second] = createTask(schedule, () => {}, { timezone: 'UTC' }).getNextRuns(2)
  const hours = ((second?.getTime() ?? Infinity) - (first?.getTime() ?? 0)) / 3_600_000
  if (hours <= MAX_COPY_AGE_HOURS / 2) return []
  return [
    `SEAM_MIRROR_CLIENT_SESSIONS_SCHEDULE copies the client sessions too rarely: their tokens are refused when the copy is ${MAX_COPY_AGE_HOURS} hours old`,
  ]
}

function ofDatabase(
  { databaseUrl }: Unjudged,
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  const dataDir = VARIABLES.find(({ name }) => name === 'SEAM_MIRROR_DATA_DIR')
  if (databaseUrl === null || !dataDir || textOf(dataDir, environment) === null) return []
  return ['SEAM_MIRROR_DATA_DIR is not used: DATABASE_URL is set']
}
