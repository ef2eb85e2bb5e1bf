import { createHash } from 'node:crypto'
import type { UnusableEvent, UsableEvent } from '../domain/event.ts'
import { takeOutSecrets } from '../domain/event-secrets.ts'
import { sealEventSecrets } from '../secrets/event-secrets-box.ts'
import type { Keyring } from '../secrets/keyring.ts'
import type { EventRow } from '../store/insert-events.ts'
import type { QuarantineRow } from '../store/insert-quarantined.ts'

/*
 * What goes into the store, with its PINs taken out (I9). With a secrets key they are kept, sealed; without one they are masked
 * and gone. Nothing else in the service writes an event's text.
 */

export function protectEvent(event: UsableEvent, keyring: Keyring | null): EventRow {
  const { json, secrets } = takeOutSecrets(event.json)
  const isKept = secrets.length > 0 && keyring !== null
  return {
    event,
    body: json,
    sealedSecrets: isKept ? sealEventSecrets(keyring, secrets, event.workspaceId, event.eventId) : null,
  }
}

/**
 * Quarantined bodies hold whatever was sent, so all of it is sealed. Without a key, what looks like a PIN is masked: in JSON by its
 * place, in anything else every number of four to eight digits that stands alone.
 *
 * The digest that finds the same body again must not be a plain hash beside a masked body: whoever read both could try all PINs.
 */
export function protectUnusable(item: UnusableEvent, keyring: Keyring | null): QuarantineRow {
  if (keyring !== null) {
    const body = keyring.seal(Buffer.from(item.body).toString('base64'), quarantineContext(item.workspaceId))
    return { item, body, isSealed: true, digest: keyring.fingerprint(item.body) }
  }
  const body = maskUnusable(item.body)
  return { item, body, isSealed: false, digest: createHash('sha256').update(body).digest() }
}

/** What a sealed quarantine body is sealed for. */
export function quarantineContext(workspaceId: string): string {
  return `quarantine:${workspaceId}`
}

const LONE_NUMBER = /(?<![\w.:+-])\d{4,8}(?![\w.:+-])/g

function maskUnusable(body: Uint8Array): Buffer {
  const text = Buffer.from(body).toString('latin1')
  try {
    JSON.parse(text)
    // Latin-1 keeps every byte as one character, and JSON's own characters are the same in it.
    return Buffer.from(takeOutSecrets(text).json, 'latin1')
  } catch {
    return Buffer.from(text.replace(LONE_NUMBER, '****'), 'latin1')
  }
}
