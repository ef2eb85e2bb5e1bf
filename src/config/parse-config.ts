import { type Config, ConfigError, type WorkspaceConfig } from './config.ts'
import { contradictionsIn } from './contradictions-in.ts'
import { credentialsOf, parseWorkspacesFile } from './parse-workspaces-file.ts'
import { unknownNames } from './unknown-names.ts'
import { type Settings, textOf, VARIABLES, type Variable } from './variables.ts'
import { notesOn, warningsOn } from './warnings-on.ts'

/**
 * Parses the environment once into a typed value. Throws ConfigError with all problems together. An empty variable counts
 * as absent. An unknown `SEAM_MIRROR_…` and a misspelt `SEAM_…` are refused, because a setting that is silently ignored is worse than
 * one that stops the start.
 */
export function parseConfig(
  environment: Readonly<Record<string, string | undefined>>,
  nowMs = Date.now(),
): Config {
  const { settings, problems } = readSettings(environment)
  const read = readWorkspaces(settings)
  const workspaces = 'problems' in read ? [] : read.workspaces
  problems.push(...unknownNames(environment), ...contradictionsIn(settings, workspaces, nowMs))
  if ('problems' in read) problems.push(...read.problems)
  if (problems.length > 0) throw new ConfigError(problems)
  const {
    seamApiKey: _key,
    seamPersonalAccessToken: _token,
    seamWorkspaceId: _id,
    seamWebhookSecrets: _secrets,
    workspacesFile: _file,
    ...rest
    // When there is no problem, every variable has a value.
  } = settings as Settings
  const config = { ...rest, workspaces }
  return { ...config, notes: notesOn(config), warnings: warningsOn(config, environment) }
}

/** Returns every setting that could be read, and what is wrong with the others. */
function readSettings(environment: Readonly<Record<string, string | undefined>>): {
  settings: Partial<Settings>
  problems: string[]
} {
  const settings: Record<string, unknown> = {}
  const problems: string[] = []
  for (const variable of VARIABLES as readonly Variable[]) {
    const { name, field, check, default: byDefault } = variable
    const text = textOf(variable, environment) ?? byDefault
    const result = text === null ? { success: true as const, data: null } : check.safeParse(text)
    if (result.success) settings[field] = result.data
    else problems.push(`${name} ${result.error.issues[0]?.message}${quotesIn(text ?? '')}`)
  }
  return { settings, problems }
}

/** Adds a hint about quotes: a shell removes those of `NAME="value"`, but Docker and systemd may keep those in a file. */
function quotesIn(text: string): string {
  return /^(["']).*\1$/.test(text) ? ' (the quotes around it are part of the value: leave them out)' : ''
}

function readWorkspaces(
  settings: Partial<Settings>,
): { workspaces: readonly WorkspaceConfig[] } | { problems: string[] } {
  if (settings.workspacesFile) return parseWorkspacesFile(settings.workspacesFile)
  const { seamApiKey, seamPersonalAccessToken, seamWorkspaceId, seamWebhookSecrets } = settings
  return {
    workspaces: [
      {
        key: 'default',
        workspaceId: seamWorkspaceId ?? null,
        credentials: credentialsOf(seamApiKey, seamPersonalAccessToken, seamWorkspaceId),
        webhookSecrets: seamWebhookSecrets ?? [],
      },
    ],
  }
}
