import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { apiKey, personalAccessToken, uuid, webhookSecret } from './checks.ts'
import type { Credentials, WorkspaceConfig } from './config.ts'

const entry = z
  .strictObject({
    name: z.string().regex(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, dashes or underscores'),
    workspace_id: uuid.optional(),
    api_key: apiKey.optional(),
    personal_access_token: personalAccessToken.optional(),
    webhook_secrets: z.array(webhookSecret).default([]),
  })
  .refine(
    (value) => !(value.api_key && value.personal_access_token),
    'has both api_key and personal_access_token',
  )
  .refine(
    (value) => !value.personal_access_token || value.workspace_id,
    'has a personal_access_token, which needs workspace_id',
  )

const file = z
  .array(entry)
  .min(1, 'must list at least one workspace')
  .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, 'uses a name twice')
  .refine((list) => {
    const ids = list.flatMap(({ workspace_id: id }) => id ?? [])
    return new Set(ids).size === ids.length
  }, 'lists a workspace twice')
  // Nobody but Seam could tell, and a webhook's secret must not decide whose events it signs.
  .refine(
    (list) => list.length === 1 || list.every((each) => each.workspace_id || each.api_key),
    'has an entry without credentials, which needs workspace_id where there are several',
  )

/**
 * Reads SEAM_MIRROR_WORKSPACES_FILE: a JSON array of `{ name, workspace_id?, api_key? | personal_access_token?,
 * webhook_secrets? }`. Problems come as text without any value of the file, which holds credentials.
 */
export function parseWorkspacesFile(
  path: string,
): { workspaces: WorkspaceConfig[] } | { problems: string[] } {
  let json: unknown
  try {
    json = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    const why = error instanceof SyntaxError ? 'is not JSON' : "can't be read"
    return { problems: [`SEAM_MIRROR_WORKSPACES_FILE: ${path} ${why}`] }
  }
  const result = file.safeParse(json)
  if (!result.success) {
    return {
      problems: result.error.issues.map(({ path: place, message }) =>
        ['SEAM_MIRROR_WORKSPACES_FILE:', place.join('.'), message].filter(Boolean).join(' '),
      ),
    }
  }
  return { workspaces: result.data.map(toWorkspace) }
}

function toWorkspace(value: z.infer<typeof entry>): WorkspaceConfig {
  return {
    key: value.name,
    workspaceId: value.workspace_id ?? null,
    credentials: credentialsOf(value.api_key, value.personal_access_token, value.workspace_id),
    webhookSecrets: value.webhook_secrets,
  }
}

/** Which credentials a workspace has; both at once, and a token without its workspace, were refused before. */
export function credentialsOf(
  key: string | undefined,
  token: string | undefined,
  workspaceId: string | undefined,
): Credentials | null {
  if (key !== undefined) return { kind: 'api_key', apiKey: key }
  if (token !== undefined && workspaceId !== undefined)
    return { kind: 'personal_access_token', token, workspaceId }
  return null
}
