import { isUtf8 } from 'node:buffer'
import { type UnusableEvent, type UsableEvent, parseEvent } from '../domain/event.ts'

/**
 * Checks a quarantined body by today's rules. `asWorkspaceId` is the workspace to which the operator assigns the event, or null. It only
 * has an effect on an event that names exactly that workspace.
 *
 * Assigning an event is dangerous, so it never happens without an operator. The body was proven with the secret or the API key of the
 * workspace it is quarantined for, and whoever has those can make an event that names any workspace. Once assigned, the event is shown to
 * the other workspace's callers, and it stays: a true event with the same id would change nothing (I3). So a person has to look at it and
 * say whose it is (I10). Assigning is right after a configuration that had the wrong workspace id, because then the secret or the key was
 * the other workspace's all along.
 */
export function parseAgain(
  body: Buffer,
  workspaceId: string,
  asWorkspaceId: string | null,
): UsableEvent | UnusableEvent {
  if (!isUtf8(body)) {
    return { kind: 'unusable', workspaceId, reason: 'not_utf8', detail: 'The body is not UTF-8.', body }
  }
  const text = body.toString('utf8')
  const own = parseEvent(text, workspaceId)
  if (asWorkspaceId === null || own.kind === 'event' || own.reason !== 'foreign_workspace') return own
  const theirs = parseEvent(text, asWorkspaceId)
  return theirs.kind === 'event' ? theirs : own
}
