import { elementsAt, membersAt, skipSpace } from '../domain/json-text.ts'

/**
 * The elements of the array under `key` of a JSON object, each as the exact text it has there; null when there is no such
 * array. `JSON.parse` and `JSON.stringify` would rewrite numbers (`21.50`, ids beyond 2^53) and reorder keys like `"10"`.
 * The text must have been accepted by JSON.parse before.
 */
export function sliceArray(json: string, key: string): string[] | null {
  // The last of duplicate keys counts, as in JSON.parse.
  const member = membersAt(json, skipSpace(json, 0)).findLast(({ name }) => name === key)
  if (member === undefined || json[member.start] !== '[') return null
  return elementsAt(json, member.start).map(({ start, end }) => json.slice(start, end))
}
