import { createHash } from 'node:crypto'
import { maskSpans, putBackSecrets, type TakenSecret } from '../domain/event-secrets.ts'
import { type Member, membersAt, skipSpace } from '../domain/json-text.ts'
import type { Keyring } from '../secrets/keyring.ts'

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

/**
 * Takes the token out of a session's text, which must be a JSON object: the value of `token`, and any other member
 * that repeats it (a link with the token in it, say).
 */
export function takeOutToken(json: string): TakenToken {
  const members = membersAt(json, skipSpace(json, 0))
  const value = (member: Member): unknown => JSON.parse(json.slice(member.start, member.end))
  // The last of duplicate keys counts, as in JSON.parse; all of them are taken out.
  const last = members.findLast(({ name }) => name === 'token')
  const lastValue = last === undefined ? null : value(last)
  const token = typeof lastValue === 'string' && lastValue !== '' ? lastValue : null
  const repeated =
    token !== null && token.length >= SHORTEST_TOKEN ? JSON.stringify(token).slice(1, -1) : null
  const isSecret = (member: Member): boolean => {
    if (member.name === 'token') return !json.startsWith('null', member.start)
    if (repeated === null) return false
    // Only an escape can hide it from the first look; parsing every member of 10,000 sessions takes as long as all the rest.
    const text = json.slice(member.start, member.end)
    return (
      text.includes(repeated) || (text.includes('\\') && JSON.stringify(value(member)).includes(repeated))
    )
  }
  const { json: masked, secrets } = maskSpans(json, members.filter(isSecret))
  return { json: masked, taken: secrets, token }
}

/** What a token is looked up by. It has too much entropy to be guessed from its hash. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

export function sealTaken(keyring: Keyring, taken: readonly TakenSecret[], context: string): Buffer {
  return keyring.seal(JSON.stringify(taken), context)
}

/** The session's text as Seam sent it; null when no key of the ring opens what was taken out. */
export function putBackSealed(
  keyring: Keyring,
  session: { body: string; sealed: Buffer },
  context: string,
): string | null {
  const taken = keyring.open(session.sealed, context)
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
