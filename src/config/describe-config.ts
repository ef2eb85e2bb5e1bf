import type { Config } from './config.ts'
import { VARIABLES, type Variable } from './variables.ts'

/**
 * The effective settings, a line each, for `seam-mirror config`. Secrets are shown as set or not set, with their length and
 * never a character of them; a database URL loses its password.
 */
export function describeConfig(
  config: Config,
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  const lines = VARIABLES.map((variable: Variable) => {
    const set = environment[variable.name]?.trim()
    return `${variable.name.padEnd(38)} ${set ? masked(variable, set) : defaultText(variable)}`
  })
  const workspaces = config.workspaces.map(
    ({ key, workspaceId, credentials, webhookSecrets }) =>
      `  ${key}: id ${workspaceId ?? '(to be learned)'}, credentials ${credentials?.kind.replaceAll('_', ' ') ?? 'none'}, ` +
      `${webhookSecrets.length} webhook secret${webhookSecrets.length === 1 ? '' : 's'}`,
  )
  const warnings = config.warnings.map((warning) => `warning: ${warning}`)
  return [...lines, '', 'workspaces:', ...workspaces, ...(warnings.length > 0 ? ['', ...warnings] : [])]
}

function masked(variable: Variable, value: string): string {
  if (variable.secret) return `******** (set, ${value.length} characters)`
  const url = variable.name === 'DATABASE_URL' ? URL.parse(value) : null
  if (url === null) return value
  if (url.password) url.password = '********'
  // libpq also takes the password as a parameter.
  if (url.searchParams.has('password')) url.searchParams.set('password', '********')
  return url.href
}

function defaultText({ default: text, defaultMeaning }: Variable): string {
  const meaning = defaultMeaning ?? 'not set'
  return text === null ? `(${meaning.replaceAll('`', '')})` : `${text} (default)`
}
