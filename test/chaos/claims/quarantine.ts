import { openBody } from '../../../src/quarantine/open-body.ts'
import { sealingSecrets } from '../../../src/secrets/sealing-secrets.ts'
import { SECRETS_KEY_BYTES } from '../keys.ts'
import type { Rig } from '../rig.ts'

interface Row {
  workspaceId: string
  reason: string
  body: Buffer
  isSealed: boolean
}

/** Checks that everything unusable is in quarantine, where a person can decide about it (I11). */
export async function checkQuarantine({ sql, findings, ledger }: Rig): Promise<void> {
  const secrets = sealingSecrets([SECRETS_KEY_BYTES])
  const rows = await sql<Row>(
    'select workspace_id as "workspaceId", reason, body, is_sealed as "isSealed" from quarantine',
  )
  const kept = rows.map((row) => {
    const opened = openBody(row as Parameters<typeof openBody>[0], secrets)
    return { reason: row.reason, text: opened.kind === 'closed' ? '' : opened.bytes.toString('utf8') }
  })
  for (const { reason, marker } of ledger.planted.quarantined) {
    const found = kept.filter((item) => item.reason === reason && item.text.includes(marker ?? ''))
    if (found.length === 0) findings.add('I11', `${marker ?? 'an item'} (${reason}) is not in quarantine`)
    if (marker !== null && found.length > 1)
      findings.add('I11', `${marker} (${reason}) is in quarantine ${found.length} times`)
  }
}
