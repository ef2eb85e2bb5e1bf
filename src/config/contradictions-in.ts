import { MICROS_PER_MS } from '../domain/instant.ts'
import type { Settings } from './variables.ts'

/** What is wrong with settings that are good each by itself. A setting that could not be read is not there. */
export function contradictionsIn(settings: Partial<Settings>, nowMs: number): string[] {
  return [...inCredentials(settings), ...inBackfill(settings, BigInt(nowMs) * MICROS_PER_MS)]
}

function inCredentials(settings: Partial<Settings>): string[] {
  const { seamApiKey, seamPersonalAccessToken, seamWorkspaceId, seamWebhookSecrets } = settings
  const problems = []
  // Undefined would be an id that could not be read, which is a problem of its own.
  if (seamPersonalAccessToken && seamWorkspaceId === null)
    problems.push('SEAM_PERSONAL_ACCESS_TOKEN needs SEAM_WORKSPACE_ID: a token can see several workspaces')
  if (seamPersonalAccessToken && seamApiKey)
    problems.push('SEAM_API_KEY and SEAM_PERSONAL_ACCESS_TOKEN are both set; use one')
  if (seamApiKey && seamApiKey === settings.mirrorApiKey)
    problems.push(
      'SEAM_MIRROR_API_KEY must not be SEAM_API_KEY itself: whoever may read the copy could then open doors as well',
    )
  if (
    seamApiKey?.startsWith('seam_mirror') &&
    /\.(getseam\.com|seam\.co)$/.test(URL.parse(settings.seamEndpoint ?? '')?.host ?? '')
  )
    problems.push(
      'SEAM_API_KEY is a key of seam-mirror, which Seam does not know: take one from Seam Console',
    )
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

/** Seam's own clock decides at each poll where a backfill begins; here it is enough that no clock could make sense of it. */
function inBackfill({ backfillSince: since }: Partial<Settings>, now: bigint): string[] {
  if (!since) return []
  const start = since.kind === 'instant' ? since.at : now - since.duration
  if (start > now) return ['SEAM_MIRROR_BACKFILL_SINCE lies in the future: nothing before it would be copied']
  if (start < 0n) return ['SEAM_MIRROR_BACKFILL_SINCE lies before 1970']
  return []
}
