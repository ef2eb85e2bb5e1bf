import { createHash } from 'node:crypto'
import { maskSpans, putBackSecrets, type TakenSecret } from '../domain/event-secrets.ts'
import { type Member, membersAt, skipSpace } from '../domain/json-text.ts'
import type { Secrets } from './secrets.ts'

/*
 * Where the token of a session goes (I9): out of the text before it is stored, its hash into a column to find it by, and
 * what was taken out into another, sealed, to be served from.
 */

/** A shorter text is found in too many harmless places to be looked for outside of `token`. */
const SHORTEST_TOKEN = 8

export interface TakenToken {
  /** The text with masks; every other character stays (I7). */
  json: string
  /** Null when the session has none. */
  token: string | null
  taken: TakenSecret[]
}

/** What any session's token begins with (contract 3): a member with one in it is a secret, whoever's it is. */
const TOKEN_PREFIX = 'seam_cst'

/**
 * Takes the token out of a session's text, which must be a JSON object: the value of `token`, and any other member that repeats it (a
 * link with the token in it, say), or holds another session's.
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

/** Whether a JSON text has a session's token anywhere in it, this one or another. */
export function holdsToken(json: string, token: string | null): boolean {
  const quoted = token === null ? null : JSON.stringify(token)
  const isIn = (text: string): boolean => {
    if (text.includes(TOKEN_PREFIX)) return true
    if (quoted === null) return false
    // One that is too short to be looked for everywhere is one where it is a whole text.
    return text.includes(quoted.length - 2 < SHORTEST_TOKEN ? quoted : quoted.slice(1, -1))
  }
  // Only an escape can hide it from the first look; parsing every member of 10,000 sessions takes as long as all the rest.
  return isIn(json) || (json.includes('\\') && isIn(withoutEscapes(json) ?? TOKEN_PREFIX))
}

/** Null when the text is nested too deeply to be printed: what can't be searched counts as secret. */
function withoutEscapes(json: string): string | null {
  try {
    return JSON.stringify(JSON.parse(json))
  } catch {
    return null
  }
}

/** What a token is looked up by. It has too much entropy to be guessed from its hash. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** Null when secrets are not kept. */
export function sealTaken(secrets: Secrets, taken: readonly TakenSecret[], context: string): Buffer | null {
  return secrets.seal(JSON.stringify(taken), context)
}

/** The session's text as Seam sent it; null when no key opens what was taken out. */
export function putBackSealed(
  secrets: Secrets,
  session: { body: string; sealed: Buffer },
  context: string,
): string | null {
  const taken = secrets.open(session.sealed, context)
  if (taken === null) return null
  return putBackSecrets({ json: session.body, secrets: JSON.parse(taken) as TakenSecret[] })
}

/** The masked text with this token in its place: for the caller who brought it, and needs no key to be told it. */
export function putInToken(body: string, token: string): string {
  const place = membersAt(body, skipSpace(body, 0)).findLast(({ name }) => name === 'token')
  if (place === undefined) return body
  return body.slice(0, place.start) + JSON.stringify(token) + body.slice(place.end)
}

/** A sealed token opens only in the row it was made for. */
export function sealContext(workspaceId: string, clientSessionId: string): string {
  return `client_session:${workspaceId}:${clientSessionId}`
}
