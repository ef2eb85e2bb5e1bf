import { isUtf8 } from 'node:buffer'
import { type UnusableEvent, type UsableEvent, parseEvent } from '../domain/event.ts'

/**
 * Today's verdict on a body that was quarantined for a workspace. `as` is the workspace that the operator says another
 * workspace's event is for; it is null for none, and counts only for an event that names exactly that one.
 *
 * `as` isn't safe by itself, which is why nothing does it unasked. That the body arrived was proven with the secret or the API
 * key of the workspace it is quarantined for, and whoever has those can make an event that names any workspace. Taken over, it
 * is shown to the other workspace's callers, and it is there for ever: the true event of the same id would change nothing (I3).
 * So a person has to look at it and say whose it is (I10). It is the right thing after a configuration that had
 * the id of a workspace wrong: then the channel was the other workspace's all along.
 */
export function parseAgain(
  body: Buffer,
  workspaceId: string,
  as: string | null,
): UsableEvent | UnusableEvent {
  if (!isUtf8(body)) {
    return { kind: 'unusable', workspaceId, reason: 'not_utf8', detail: 'The body is not UTF-8.', body }
  }
  const text = body.toString('utf8')
  const own = parseEvent(text, workspaceId)
  if (as === null || own.kind === 'event' || own.reason !== 'foreign_workspace') return own
  const theirs = parseEvent(text, as)
  return theirs.kind === 'event' ? theirs : own
}
