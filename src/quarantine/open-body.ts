import { quarantineContext } from '../ingest/protect-secrets.ts'
import { sealedWith } from '../secrets/sealing-secrets.ts'
import type { Secrets } from '../secrets/secrets.ts'
import type { QuarantinedItem } from '../store/quarantine/get-quarantined.ts'

export type OpenedBody =
  /** The bytes as they were received. */
  | { kind: 'whole'; bytes: Buffer }
  /** The body was kept without a secrets key. Everything that may have been a PIN is masked and lost. */
  | { kind: 'masked'; bytes: Buffer }
  /** No configured key opens the body. `detail` says which key would. */
  | { kind: 'closed'; detail: string }

/** Opens a quarantined body with the configured keys. */
export function openBody({ body, isSealed, workspaceId }: QuarantinedItem, secrets: Secrets): OpenedBody {
  if (!isSealed) return { kind: 'masked', bytes: body }
  const text = secrets.open(body, quarantineContext(workspaceId))
  if (text !== null) return { kind: 'whole', bytes: Buffer.from(text, 'base64') }
  const keyId = sealedWith(body) ?? 'unknown'
  const fits = secrets.keyIds.includes(keyId)
  return {
    kind: 'closed',
    detail: fits
      ? `The body is sealed and does not open with its key (id ${keyId}): it was changed, or copied from another item.`
      : `The body is sealed with a key that is not configured (id ${keyId}): add it to SEAM_MIRROR_SECRETS_KEY.`,
  }
}
