import { isUuid } from './uuid.ts'

/** Longest id of a client session, an account, a webview or an identity; Seam's are UUIDs. */
export const MAX_ID_LENGTH = 200

/**
 * True for what can be stored as an id and found by it: text of a sane length, without NUL, which Postgres does not have, and without half
 * a surrogate pair, which would be another text once it is stored.
 */
export function isStorableId(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value !== '' &&
    value.length <= MAX_ID_LENGTH &&
    !value.includes('\0') &&
    value.isWellFormed()
  )
}

/** One spelling for each id: a UUID in lower case, anything else as it is. */
export function normalId(id: string): string {
  return isUuid(id) ? id.toLowerCase() : id
}
