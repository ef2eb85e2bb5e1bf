import { elementsAt, membersAt, skipSpace } from '../domain/json-text.ts'

/**
 * Cuts the elements out of the array under `key` of a JSON object, each with its exact text. Returns null when there is no such array.
 * `JSON.parse` and `JSON.stringify` would rewrite numbers (`21.50`, ids beyond 2^53) and reorder keys like `"10"`. The text must have been
 * accepted by JSON.parse before.
 */
export function sliceArray(json: string, key: string): string[] | null {
  // Of duplicate keys the last one counts, as in JSON.parse.
  const member = membersAt(json, skipSpace(json, 0)).findLast(({ name }) => name === key)
  if (member === undefined || json[member.start] !== '[') return null
  return elementsAt(json, member.start).map(({ start, end }) => json.slice(start, end))
}
