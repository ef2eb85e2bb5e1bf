import { keyIdOf } from '../secrets/keyring.ts'
import type { Config } from './config.ts'
import { textOf, VARIABLES, type Variable } from './variables.ts'

/**
 * The effective settings, a line each, for `seam-mirror config`. Secrets are shown as set or not set, with their length and
 * never a character of them; a URL loses its password.
 */
export function describeConfig(
  config: Config,
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  const lines = VARIABLES.map((variable: Variable) => {
    const set = textOf(variable, environment)
    return `${variable.name.padEnd(38)} ${set ? masked(variable, set) : defaultText(variable)}`
  })
  const workspaces = config.workspaces.map(
    ({ key, workspaceId, credentials, webhookSecrets }) =>
      `  ${key}: id ${workspaceId ?? '(to be learned)'}, credentials ${credentials?.kind.replaceAll('_', ' ') ?? 'none'}, ` +
      `${webhookSecrets.length} webhook secret${webhookSecrets.length === 1 ? '' : 's'}`,
  )
  const [sealing, ...older] = (config.secretsKeys ?? []).map(keyIdOf)
  const keys =
    sealing === undefined
      ? []
      : ['', `secrets keys: ${sealing} encrypts${older.map((id) => `, ${id} decrypts`).join('')}`]
  const remarks = [
    ...config.notes.map((note) => `note: ${note}`),
    ...config.warnings.map((warning) => `warning: ${warning}`),
  ]
  return [
    ...lines,
    '',
    'workspaces:',
    ...workspaces,
    ...keys,
    ...(remarks.length > 0 ? ['', ...remarks] : []),
  ]
}

function masked(variable: Variable, value: string): string {
  if (variable.secret) return `******** (set, ${value.length} characters)`
  // In the authority of a URL, or as one of libpq's parameters (password, sslpassword).
  const url = URL.parse(value)
  const parameters = [...(url?.searchParams.keys() ?? [])].filter((name) => name.endsWith('password'))
  if (url === null || (url.password === '' && parameters.length === 0)) return value
  if (url.password) url.password = '********'
  for (const name of parameters) url.searchParams.set(name, '********')
  return url.href
}

function defaultText({ default: text, defaultMeaning }: Variable): string {
  const meaning = defaultMeaning ?? 'not set'
  return text === null ? `(${meaning.replaceAll('`', '')})` : `${text} (default)`
}
