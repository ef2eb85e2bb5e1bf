import { parseDuration } from '../domain/duration.ts'
import { SCOPES, type Scope } from '../domain/caller.ts'
import { MICROS_PER_MS, parseInstant } from '../domain/instant.ts'
import { isUuid } from '../domain/uuid.ts'
import { insertApiKey } from '../store/keys/insert-api-key.ts'
import type { Db } from '../store/database.ts'
import { listWorkspaces } from '../store/workspaces/list-workspaces.ts'
import { createKey, type KeyKind, type NewKey, sha256 } from './key-format.ts'

export interface KeyRequest {
  kind: KeyKind
  name: string
  /** UUIDs; empty means the only workspace that this database knows. */
  workspaceIds: readonly string[]
  /** Whether the workspaces may be unknown to this database (so far). */
  mayBeUnknown?: boolean
  scopes: readonly string[]
  /** RFC 3339 instant or a duration from now; null for a key that does not expire. */
  expires: string | null
  now: Date
}

const MAX_NAME_LENGTH = 100

export interface IssuedKey extends NewKey {
  kind: KeyKind
  name: string
  workspaceIds: readonly string[]
  scopes: readonly Scope[]
  expiresAt: Date | null
}

/** Makes a key and stores its hash. Throws with the remedy in the message when the request makes no sense. */
export async function issueKey(db: Db, request: KeyRequest): Promise<IssuedKey> {
  const name = request.name.trim()
  if (name === '' || name.length > MAX_NAME_LENGTH)
    throw new Error(`A key needs a name of 1 to ${MAX_NAME_LENGTH} characters.`)
  const workspaceIds = await workspacesFor(db, request)
  const expiresAt = request.expires === null ? null : expiryOf(request.expires, request.now)
  const scopes = scopesOf(request.scopes)
  const created = createKey(request.kind)
  const about = { kind: request.kind, name, workspaceIds, scopes, expiresAt }
  await insertApiKey(db, { ...about, keyId: created.keyId, keySha256: sha256(created.key) })
  return { ...created, ...about }
}

async function workspacesFor(
  db: Db,
  { kind, workspaceIds, mayBeUnknown = false }: KeyRequest,
): Promise<string[]> {
  const bad = workspaceIds.find((id): boolean => !isUuid(id))
  if (bad !== undefined) throw new Error(`${bad} is not a workspace id (a UUID).`)
  const ids = [...new Set(workspaceIds.map((id) => id.toLowerCase()))]
  const known = await listWorkspaces(db)
  const list = known.map(({ workspaceId, configKey }) => `${workspaceId} (${configKey})`).join(', ') || 'none'
  if (ids.length === 0) {
    const [only] = known
    if (known.length !== 1 || only === undefined)
      throw new Error(`Say which workspace the key is for, with --workspace. Known so far: ${list}.`)
    ids.push(only.workspaceId)
  }
  const unknown = ids.filter((id) => !known.some(({ workspaceId }) => workspaceId === id))
  if (unknown.length > 0 && !mayBeUnknown)
    throw new Error(
      `There is no workspace ${unknown.join(', ')} here. Known so far: ${list}. With --force the key is made all the same.`,
    )
  if (kind === 'api_key' && ids.length > 1)
    throw new Error('An API key is for one workspace; for several, make an access token.')
  return ids
}

function scopesOf(names: readonly string[]): Scope[] {
  const unknown = names.find((name) => !(SCOPES as readonly string[]).includes(name))
  if (unknown !== undefined) throw new Error(`There is no scope ${unknown}. There are: ${SCOPES.join(', ')}.`)
  if (names.length === 0) throw new Error(`A key needs at least one scope: ${SCOPES.join(', ')}.`)
  return [...new Set(names)] as Scope[]
}

/** When a key ends; throws for a time that has passed. */
export function expiryOf(text: string, now: Date): Date {
  const at = parseInstant(text)
  const duration = parseDuration(text)
  const ms =
    at !== null
      ? Number(at / MICROS_PER_MS)
      : duration !== null
        ? now.getTime() + Number(duration / MICROS_PER_MS)
        : null
  if (ms === null)
    throw new Error(
      `${text} is neither an RFC 3339 instant (2027-01-31T00:00:00Z) nor a duration (12h, 90d).`,
    )
  if (ms <= now.getTime()) throw new Error(`${text} lies in the past.`)
  return new Date(ms)
}
