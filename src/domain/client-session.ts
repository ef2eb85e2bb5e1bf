import { isStorableId, MAX_ID_LENGTH, normalId } from './normal-id.ts'

/**
 * When the newest copy of a workspace's sessions is older than this, none of their tokens is accepted. It is longer than an outage of
 * Seam, and it is the longest that a deletion can go unnoticed.
 */
export const MAX_COPY_AGE_HOURS = 24

/** What was listed as a client session and cannot be used as one; it goes to quarantine with its reason (I11). */
export interface UnusableSession {
  kind: 'unusable'
  reason: SessionProblem
  /** One sentence for the person who will look at it; never holds a value of the session. */
  detail: string
  /** The id of the session it names, where that can be read. It neither confirms nor refutes the copy of that session. */
  clientSessionId: string | null
}

export type SessionProblem =
  | 'session_not_utf8'
  | 'session_too_large'
  | 'session_not_an_object'
  | 'session_bad_id'
  | 'session_foreign_workspace'
  | 'session_id_twice'
  | 'session_token_elsewhere'
  | 'session_refused_by_database'

/** One sentence for each thing that can be wrong with a session. */
export const SESSION_PROBLEMS: Readonly<Record<SessionProblem, string>> = {
  session_not_utf8: 'The session is not UTF-8.',
  session_too_large: 'The session is larger than 1 MiB; only its beginning was kept.',
  session_not_an_object: 'What was listed as a session is not an object.',
  session_bad_id: `client_session_id is not a text of 1 to ${MAX_ID_LENGTH} characters.`,
  session_foreign_workspace: 'workspace_id is not that of this workspace.',
  session_id_twice: 'The listing has another session of the same client_session_id.',
  session_token_elsewhere: 'The token also stands in a name or in the id, where it cannot be masked.',
  session_refused_by_database:
    'Postgres refuses to store this session (its JSON is nested too deeply, or a value is out of range).',
}

export function unusableSession(
  reason: SessionProblem,
  clientSessionId: string | null = null,
): UnusableSession {
  return { kind: 'unusable', reason, detail: SESSION_PROBLEMS[reason], clientSessionId }
}

/**
 * Checks a parsed item of a listing of client sessions. It must have an id and must not name another workspace. The rest is read
 * leniently, because samples differ from each other and from the API description (contract 13).
 */
export function checkSession(
  value: unknown,
  workspaceId: string,
): { kind: 'session'; clientSessionId: string } | UnusableSession {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return unusableSession('session_not_an_object')
  }
  const { client_session_id: id, workspace_id: owner } = value as Record<string, unknown>
  if (!isStorableId(id)) return unusableSession('session_bad_id')
  const clientSessionId = normalId(id)
  if (owner !== undefined && (typeof owner !== 'string' || owner.toLowerCase() !== workspaceId)) {
    return unusableSession('session_foreign_workspace', clientSessionId)
  }
  return { kind: 'session', clientSessionId }
}
