import { MICROS_PER_MS } from '../domain/instant.ts'
import type { WorkspaceConfig } from './config.ts'
import type { Settings } from './variables.ts'

/** Matches Seam's own hosts. Other hosts may be another mirror, which can be copied like Seam itself. */
const SEAM_HOST = /\.(?:getseam\.com|seam\.co)$/

/**
 * Finds what is wrong between settings that are each valid alone. Settings that could not be read are missing here, and so are the
 * workspaces of a file that could not be read.
 */
export function contradictionsIn(
  settings: Partial<Settings>,
  workspaces: readonly WorkspaceConfig[],
  nowMs: number,
): string[] {
  return [
    ...inSingleWorkspace(settings),
    ...inKeys(settings, workspaces),
    ...inBackfill(settings, BigInt(nowMs) * MICROS_PER_MS),
  ]
}

function inSingleWorkspace(settings: Partial<Settings>): string[] {
  const { seamApiKey, seamPersonalAccessToken, seamWorkspaceId, seamWebhookSecrets } = settings
  const problems = []
  // An id that could not be read is undefined here and reported elsewhere.
  if (seamPersonalAccessToken && seamWorkspaceId === null)
    problems.push('SEAM_PERSONAL_ACCESS_TOKEN needs SEAM_WORKSPACE_ID: a token can see several workspaces')
  if (seamPersonalAccessToken && seamApiKey)
    problems.push('SEAM_API_KEY and SEAM_PERSONAL_ACCESS_TOKEN are both set; use one')
  if (settings.workspacesFile) {
    const single = {
      SEAM_API_KEY: seamApiKey,
      SEAM_PERSONAL_ACCESS_TOKEN: seamPersonalAccessToken,
      SEAM_WORKSPACE_ID: seamWorkspaceId,
      SEAM_WEBHOOK_SECRET: seamWebhookSecrets,
    }
    const alsoSet = Object.entries(single).flatMap(([name, value]) => (value === null ? [] : [name]))
    if (alsoSet.length > 0)
      problems.push(`${alsoSet.join(', ')} must not be set together with SEAM_MIRROR_WORKSPACES_FILE`)
  }
  return problems
}

/** Refuses keys of the wrong API: where one API stands beside its copy, the key of one is easily used for the other. */
function inKeys(
  { mirrorApiKey, seamEndpoint = '' }: Partial<Settings>,
  workspaces: readonly WorkspaceConfig[],
): string[] {
  const isSeam = SEAM_HOST.test(URL.parse(seamEndpoint)?.host ?? '')
  return workspaces.flatMap(({ key, credentials }) => {
    if (credentials?.kind !== 'api_key') return []
    if (credentials.apiKey === mirrorApiKey)
      return [
        `SEAM_MIRROR_API_KEY must not be the Seam API key of workspace ${key}: whoever may read the copy could then open doors as well`,
      ]
    if (isSeam && credentials.apiKey.startsWith('seam_mirror'))
      return [
        `the API key of workspace ${key} is one of seam-mirror, which Seam does not know: take one from Seam Console`,
      ]
    return []
  })
}

/** Seam's own clock decides at each poll where a backfill begins. This only refuses what no plausible clock could make sense of. */
function inBackfill({ backfillSince: since }: Partial<Settings>, now: bigint): string[] {
  if (!since) return []
  const start = since.kind === 'instant' ? since.at : now - since.duration
  if (start > now) return ['SEAM_MIRROR_BACKFILL_SINCE lies in the future: nothing before it would be copied']
  if (start < 0n) return ['SEAM_MIRROR_BACKFILL_SINCE lies before 1970']
  return []
}
