import { storableName } from '../domain/fold-name.ts'
import type { NameKind } from '../domain/name-kinds.ts'
import { PinSearch } from '../domain/pin-search.ts'
import { isUuid } from '../domain/uuid.ts'
import { SeamError } from '../seam/seam-error.ts'
import type { ListedName } from '../store/names/listed-name.ts'
import { sourceOf } from './kinds.ts'

/** Longest custom metadata that is kept, as JSON. Seam allows 50 keys, whose values have 500 characters at most. */
export const MAX_METADATA_LENGTH = 64 * 1024
/** Most spaces of one thing that are kept. */
const MAX_SPACES = 1_000
/** Stands for a name that repeats its thing's code. */
const MASKED_NAME = '****'
/** For looking for one code in one name. */
const PIN_LIMITS = { maxSteps: 100_000, maxPins: 100 }

/**
 * Takes what is kept of one thing that Seam shows: its name and a few fields, never a code. Throws SeamError `bad_answer` for anything that
 * has no id of its kind, or that belongs to another workspace.
 */
export function readItem(kind: NameKind, item: unknown, workspaceId: string): ListedName {
  const { path, nameFields, secretFields } = sourceOf(kind)
  const fields = (typeof item === 'object' && item !== null ? item : {}) as Record<string, unknown>
  const id = fields[`${kind}_id`]
  if (!isUuid(id))
    throw new SeamError('bad_answer', `Seam answered ${path} with something without a ${kind}_id`)
  const { workspace_id: owner, properties } = fields
  if (isUuid(owner) && owner.toLowerCase() !== workspaceId)
    throw new SeamError('bad_answer', `Seam answered ${path} with something of another workspace`)
  const name = nameFields.map((field) => fields[field]).find(isText) ?? null
  const secrets = secretFields
    .map((field) => fields[field])
    .map(numberAsText)
    .filter(isText)
  const isDevice = kind === 'device'
  return {
    id: id.toLowerCase(),
    name: name === null ? null : storableName(withoutSecrets(name, secrets)),
    deviceType: isDevice ? textOf(fields.device_type) : null,
    manufacturer: isDevice ? manufacturerOf(fields.device_manufacturer, properties) : null,
    connectedAccountId: kind === 'connected_account' ? id.toLowerCase() : uuidOf(fields.connected_account_id),
    deviceId: isDevice ? null : uuidOf(fields.device_id),
    spaceIds: uuidsOf(fields.space_ids),
    customMetadata: metadataOf(fields.custom_metadata),
  }
}

function textOf(value: unknown): string | null {
  return isText(value) ? storableName(value) : null
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== ''
}

function numberAsText(value: unknown): unknown {
  return typeof value === 'number' ? String(value) : value
}

function uuidOf(value: unknown): string | null {
  return isUuid(value) ? value.toLowerCase() : null
}

/** In a fixed order, so that another order is no change. */
function uuidsOf(value: unknown): string[] {
  const ids = Array.isArray(value) ? value.slice(0, MAX_SPACES).filter(isUuid) : []
  return [...new Set(ids.map((id) => id.toLowerCase()))].toSorted()
}

function manufacturerOf(manufacturer: unknown, properties: unknown): string | null {
  const shown = (manufacturer as { display_name?: unknown } | null | undefined)?.display_name
  return textOf(shown) ?? textOf((properties as { manufacturer?: unknown } | null | undefined)?.manufacturer)
}

/** The texts and truth values among the members, which are all that the API allows; null when there are none. */
function metadataOf(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const kept = Object.entries(value).filter(([, one]) => typeof one === 'string' || typeof one === 'boolean')
  if (kept.length === 0) return null
  const json = JSON.stringify(Object.fromEntries(kept))
  return json.length > MAX_METADATA_LENGTH || !json.isWellFormed() ? null : json
}

/** Takes the whole name, because what is cut off may be the second half of a code. A name that is too long to be searched is masked. */
function withoutSecrets(name: string, secrets: readonly string[]): string {
  if (secrets.length === 0) return name
  const search = new PinSearch(PIN_LIMITS)
  for (const secret of secrets) search.addPin(secret)
  const isFound = search.isIn(name) || secrets.some((secret) => name.includes(secret))
  return isFound || search.isOver ? MASKED_NAME : name
}
