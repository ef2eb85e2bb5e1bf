import { createHash } from 'node:crypto'
import { maskSpans, putBackSecrets, type TakenSecret } from '../domain/event-secrets.ts'
import { type Member, membersAt, skipSpace } from '../domain/json-text.ts'
import type { Secrets } from './secrets.ts'

/*
 * What happens to a session's token (I9). It is taken out of the text before the text is stored. Its hash goes into one column, by which the
 * session is found. What was taken out goes sealed into another column, from which it is served.
 */

/** A shorter token is only looked for as a whole text, because it is a part of too many harmless texts. */
const SHORTEST_TOKEN = 8

export interface TakenToken {
  /** The text with masks; no other character changes (I7). */
  json: string
  /** Null when the session has none. */
  token: string | null
  taken: TakenSecret[]
}

/** Every session's token begins with this (contract 3). A member that holds any session's token is a secret. */
const TOKEN_PREFIX = 'seam_cst'

/**
 * Takes the token out of a session's text, which must be a JSON object. It takes out the value of `token` and every other member that
 * repeats the token (such as a link with the token in it) or holds another session's token.
 */
export function takeOutToken(json: string): TakenToken {
  const members = membersAt(json, skipSpace(json, 0))
  const textOf = (member: Member): string => json.slice(member.start, member.end)
  // The last of duplicate keys counts, as in JSON.parse; all of them are taken out.
  const last = members.findLast(({ name }) => name === 'token')
  const lastValue: unknown = last === undefined ? null : JSON.parse(textOf(last))
  const token = typeof lastValue === 'string' && lastValue !== '' ? lastValue : null
  const isSecret = (member: Member): boolean =>
    member.name === 'token' ? !json.startsWith('null', member.start) : holdsToken(textOf(member), token)
  const { json: masked, secrets } = maskSpans(json, members.filter(isSecret))
  return { json: masked, taken: secrets, token }
}

/** Whether a JSON text has this session's or any other session's token anywhere in it. */
export function holdsToken(json: string, token: string | null): boolean {
  const quoted = token === null ? null : JSON.stringify(token)
  const isIn = (text: string): boolean => {
    if (text.includes(TOKEN_PREFIX)) return true
    if (quoted === null) return false
    // A short token is compared with its quotation marks, so that it must be a whole text.
    return text.includes(quoted.length - 2 < SHORTEST_TOKEN ? quoted : quoted.slice(1, -1))
  }
  // Only an escape can hide it from the first search. Parsing every member of 10,000 sessions would take as long as everything else.
  return isIn(json) || (json.includes('\\') && isIn(withoutEscapes(json) ?? TOKEN_PREFIX))
}

/** Prints the text without escapes. Null when it is nested too deeply to be printed; what cannot be searched counts as secret. */
function withoutEscapes(json: string): string | null {
  try {
    return JSON.stringify(JSON.parse(json))
  } catch {
    return null
  }
}

/** The hash by which a token is looked up. A token has too much entropy to be guessed from its hash. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** Seals what was taken out of a session. Returns null when secrets are not kept. */
export function sealTaken(secrets: Secrets, taken: readonly TakenSecret[], context: string): Buffer | null {
  return secrets.seal(JSON.stringify(taken), context)
}

/** Returns the session's text as Seam sent it, or null when no key opens what was taken out. */
export function putBackSealed(
  secrets: Secrets,
  session: { body: string; sealed: Buffer },
  context: string,
): string | null {
  const taken = secrets.open(session.sealed, context)
  if (taken === null) return null
  return putBackSecrets({ json: session.body, secrets: JSON.parse(taken) as TakenSecret[] })
}

/** Puts this token into the masked text, for the caller who sent it. This needs no secrets key. */
export function putInToken(body: string, token: string): string {
  const place = membersAt(body, skipSpace(body, 0)).findLast(({ name }) => name === 'token')
  if (place === undefined) return body
  return body.slice(0, place.start) + JSON.stringify(token) + body.slice(place.end)
}

/** A sealed token opens only in the row it was made for. */
export function sealContext(workspaceId: string, clientSessionId: string): string {
  return `client_session:${workspaceId}:${clientSessionId}`
}
