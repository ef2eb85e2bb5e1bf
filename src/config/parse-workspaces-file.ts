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
  .refine((entries) => areDistinct(entries.map(({ name }) => name)), 'uses a name twice')
  .refine((entries) => areDistinct(entries.map(({ workspace_id: id }) => id)), 'lists a workspace twice')
  .refine((entries) => areDistinct(entries.map(({ api_key: key }) => key)), 'uses an api_key twice')
  // Webhooks of several workspaces are told apart by which secret signed them, so no two may share one.
  .refine(
    (entries) => areDistinct(entries.flatMap(({ webhook_secrets: secrets }) => [...new Set(secrets)])),
    'uses a webhook secret for two workspaces',
  )
  // Without an id or an API key nothing could tell which workspace the entry is: a webhook's secret must not decide whose events it signs.
  .refine(
    (entries) => entries.length === 1 || entries.every((each) => each.workspace_id || each.api_key),
    'has several entries, so each needs workspace_id or api_key',
  )

function areDistinct(values: readonly (string | undefined)[]): boolean {
  const present = values.filter((value) => value !== undefined)
  return new Set(present).size === present.length
}

/**
 * Reads SEAM_MIRROR_WORKSPACES_FILE: a JSON array of `{ name, workspace_id?, api_key? | personal_access_token?,
 * webhook_secrets? }`. Problems never quote the file, because it holds credentials.
 */
export function parseWorkspacesFile(
  path: string,
): { workspaces: WorkspaceConfig[] } | { problems: string[] } {
  let json: unknown
  try {
    json = JSON.parse(textIn(readFileSync(path)))
  } catch (error) {
    return { problems: [`SEAM_MIRROR_WORKSPACES_FILE: ${path} ${whyUnreadable(error)}`] }
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

/** Accepts a byte order mark and UTF-16 besides UTF-8, as Windows writes them. Decoding drops the mark. */
function textIn(bytes: Buffer): string {
  const isUtf16 = bytes[0] === 0xff && bytes[1] === 0xfe
  return new TextDecoder(isUtf16 ? 'utf-16le' : 'utf-8', { fatal: true }).decode(bytes)
}

/** Leaves out the parser's own message, which quotes what it stumbled on: that may be a credential. */
function whyUnreadable(error: unknown): string {
  if (error instanceof SyntaxError) return 'is not JSON'
  if (error instanceof TypeError) return 'is not UTF-8'
  const code = (error as NodeJS.ErrnoException).code
  return code === undefined ? 'cannot be read' : `cannot be read (${code})`
}

function toWorkspace(value: z.infer<typeof entry>): WorkspaceConfig {
  return {
    key: value.name,
    workspaceId: value.workspace_id ?? null,
    credentials: credentialsOf(value.api_key, value.personal_access_token, value.workspace_id),
    webhookSecrets: value.webhook_secrets,
  }
}

/** Which credentials a workspace has. Both at once, and a token without a workspace, were refused before. */
export function credentialsOf(
  key: string | null | undefined,
  token: string | null | undefined,
  workspaceId: string | null | undefined,
): Credentials | null {
  if (key) return { kind: 'api_key', apiKey: key }
  if (token && workspaceId) return { kind: 'personal_access_token', token, workspaceId }
  return null
}
