import { isUtf8 } from 'node:buffer'
import { protectUnusable } from '../ingest/protect-secrets.ts'
import { maskSession } from '../ingest/protect-unusable-session.ts'
import { maskingSecrets } from '../secrets/masking-secrets.ts'
import type { Secrets } from '../secrets/secrets.ts'
import type { QuarantinedItem } from '../store/quarantine/get-quarantined.ts'
import { openBody } from './open-body.ts'

export interface BodyText {
  /** Null when the body cannot be opened. */
  text: string | null
  /** What the reader must know about the text, in whole sentences. */
  notes: string[]
}

/** Makes a quarantined body readable for a person. PINs are masked unless `withSecrets` asks for them (I9). */
export function bodyText(item: QuarantinedItem, secrets: Secrets, withSecrets: boolean): BodyText {
  const opened = openBody(item, secrets)
  if (opened.kind === 'closed') return { text: null, notes: [opened.detail] }
  const notes: string[] = []
  let { bytes } = opened
  if (opened.kind === 'masked') {
    notes.push(`It was kept without its ${secretNoun(item)}s, because there was no secrets key when it came.`)
  } else if (!withSecrets) {
    // The body is masked in the same way as it would have been kept without a key.
    bytes = withoutSecrets(item, bytes)
    if (!bytes.equals(opened.bytes))
      notes.push(`What may be a ${secretNoun(item)} is masked; --secrets shows it.`)
  }
  if (!isUtf8(bytes)) notes.push('It is not UTF-8: its invalid bytes are shown as \ufffd.')
  return { text: printable(bytes.toString('utf8')), notes }
}

/** A client session is reduced to its form, because its token may be anywhere in it. */
function withoutSecrets({ workspaceId, detail, path }: QuarantinedItem, body: Buffer): Buffer {
  if (path === 'sessions') return Buffer.from(maskSession(body.toString('utf8')))
  return protectUnusable(
    { kind: 'unusable', workspaceId, reason: 'not_json', detail, body },
    maskingSecrets(),
  ).body
}

function secretNoun({ path }: QuarantinedItem): string {
  return path === 'sessions' ? 'token' : 'PIN'
}

/** Replaces control characters, except for line ends and tabs, by escapes: a terminal would obey them, and a stranger wrote them. */
function printable(text: string): string {
  return text.replace(
    // oxlint-disable-next-line no-control-regex
    /[\0-\x08\x0b-\x1f\x7f-\x9f]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
