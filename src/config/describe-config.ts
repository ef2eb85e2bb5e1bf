import { keyIdOf } from '../secrets/sealing-secrets.ts'
import type { Config } from './config.ts'
import { textOf, VARIABLES, type Variable } from './variables.ts'

export interface ConfigDescription {
  variables: VariableDescription[]
  workspaces: WorkspaceDescription[]
  /** Ids of the keys for secrets. The first encrypts, all decrypt. */
  secretsKeys: string[]
  notes: readonly string[]
  warnings: readonly string[]
}

interface VariableDescription {
  name: string
  isSet: boolean
  /** As it was set, or the default; null for a secret and when there is no value. */
  value: string | null
  /** Length of a secret that is set. */
  secretLength?: number
  /** What it means that there is no value. */
  meaning?: string
}

interface WorkspaceDescription {
  name: string
  workspaceId: string | null
  credentials: string | null
  webhookSecrets: number
}

/** The effective settings, for `seam-mirror config`: never a character of a secret, and URLs without their password. */
export function describeConfig(
  config: Config,
  environment: Readonly<Record<string, string | undefined>>,
): ConfigDescription {
  return {
    variables: VARIABLES.map((variable: Variable) =>
      describeVariable(variable, textOf(variable, environment)),
    ),
    workspaces: config.workspaces.map(({ key, workspaceId, credentials, webhookSecrets }) => ({
      name: key,
      workspaceId,
      credentials: credentials?.kind ?? null,
      webhookSecrets: webhookSecrets.length,
    })),
    secretsKeys: (config.secretsKeys ?? []).map(keyIdOf),
    notes: config.notes,
    warnings: config.warnings,
  }
}

function describeVariable(variable: Variable, set: string | null): VariableDescription {
  const { name, secret, default: byDefault, defaultMeaning } = variable
  if (set !== null && secret) return { name, isSet: true, value: null, secretLength: set.length }
  if (set !== null) return { name, isSet: true, value: withoutPassword(set) }
  if (byDefault !== null) return { name, isSet: false, value: byDefault }
  return { name, isSet: false, value: null, meaning: (defaultMeaning ?? 'not set').replaceAll('`', '') }
}

/** Masks a password in a URL's authority or in libpq's parameters (password, sslpassword). */
function withoutPassword(value: string): string {
  const url = URL.parse(value)
  const parameters = [...(url?.searchParams.keys() ?? [])].filter((name) => name.endsWith('password'))
  // Without a host, as for a socket, only pg reads it as a URL.
  if (url === null) return value.replace(/^([a-z]+:\/\/[^:@/]*):[^@]*@/i, '$1:********@')
  if (url.password === '' && parameters.length === 0) return value
  if (url.password) url.password = '********'
  for (const name of parameters) url.searchParams.set(name, '********')
  return url.href
}
