import { isUuid } from './uuid.ts'

/** Longest id of a client session, account, webview or identity. Seam's ids are UUIDs. */
export const MAX_ID_LENGTH = 200

/**
 * True for a value that can be stored as an id and found by it: a text of 1 to 200 characters, without NUL, which Postgres cannot store,
 * and without half a surrogate pair, which would become another text in the store.
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
