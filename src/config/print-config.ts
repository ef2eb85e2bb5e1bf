import type { ConfigDescription } from './describe-config.ts'

const NAME_WIDTH = 38

/** Writes the effective settings for a person, one per line. */
export function printConfig({
  variables,
  workspaces,
  secretsKeys,
  notes,
  warnings,
}: ConfigDescription): string[] {
  const [sealing, ...older] = secretsKeys
  const remarks = [...notes.map((note) => `note: ${note}`), ...warnings.map((text) => `warning: ${text}`)]
  return [
    ...variables.map((variable) => `${variable.name.padEnd(NAME_WIDTH)} ${valueOf(variable)}`),
    '',
    'workspaces:',
    ...workspaces.map(
      ({ name, workspaceId, credentials, webhookSecrets }) =>
        `  ${name}: id ${workspaceId ?? '(to be learned)'}, credentials ${credentials?.replaceAll('_', ' ') ?? 'none'}, ` +
        `${webhookSecrets} webhook secret${webhookSecrets === 1 ? '' : 's'}`,
    ),
    ...(sealing === undefined
      ? []
      : ['', `secrets keys: ${sealing} encrypts${older.map((id) => `, ${id} decrypts`).join('')}`]),
    ...(remarks.length > 0 ? ['', ...remarks] : []),
  ]
}

function valueOf({ isSet, value, secretLength, meaning }: ConfigDescription['variables'][number]): string {
  if (secretLength !== undefined) return `******** (set, ${secretLength} characters)`
  if (value === null) return `(${meaning})`
  return isSet ? value : `${value} (default)`
}
