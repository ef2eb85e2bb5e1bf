import { inputError } from './input-error.ts'
import type { ParamKind } from './param-kinds.ts'

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i
/** No number that means anything here is longer; a longer text is not read as one. */
const MAX_NUMBER_LENGTH = 64

/** Read as booleans only without `_strict`. */
const LENIENT_BOOLEANS: Record<string, boolean> = {
  ...Object.fromEntries(['true', 'True', 'TRUE', 'yes', 'Yes', 'YES', '1'].map((word) => [word, true])),
  ...Object.fromEntries(['false', 'False', 'FALSE', 'no', 'No', 'NO', '0'].map((word) => [word, false])),
}

/**
 * The values that a query string holds for the parameters of an endpoint; keys that are none are not looked at. What can't
 * be read as its kind stays text, for validation to refuse by name. Throws an ApiError where the spelling itself is
 * ambiguous.
 *
 * With the literal `_strict=true`, which new SDKs always send, a comma is a comma and `key[]` is an unknown key; without it
 * both spell lists, for people with curl (contract, 2.3).
 */
export function decodeQuery(
  query: URLSearchParams,
  kinds: Readonly<Record<string, ParamKind<unknown>>>,
): Record<string, unknown> {
  if (query.size === 0) return {}
  const strict = query.getAll('_strict').includes('true')
  const values: Record<string, unknown> = {}
  for (const [name, kind] of Object.entries(kinds)) {
    const value =
      kind.query === 'list' ? decodeList(query, name, strict) : decodeScalar(query, name, kind.query, strict)
    if (value !== undefined) values[name] = value
  }
  return values
}

function decodeScalar(
  query: URLSearchParams,
  name: string,
  kind: 'text' | 'number' | 'boolean',
  strict: boolean,
): unknown {
  const [value, ...more] = query.getAll(name)
  if (value === undefined) return undefined
  if (more.length > 0) throw unreadable(name, 'has repeated values but is not an array parameter')
  if (value === '') return null
  if (kind === 'number') return isNumber(value) ? Number(value) : value
  if (kind === 'boolean') return decodeBoolean(value, strict)
  return value
}

function isNumber(value: string): boolean {
  return value.length <= MAX_NUMBER_LENGTH && NUMBER.test(value)
}

function decodeBoolean(value: string, strict: boolean): boolean | string {
  if (value === 'true' || value === 'false') return value === 'true'
  return strict ? value : (LENIENT_BOOLEANS[value] ?? value)
}

function decodeList(query: URLSearchParams, name: string, strict: boolean): string[] | undefined {
  const repeated = query.getAll(name)
  const bracketed = strict ? [] : query.getAll(`${name}[]`)
  if (repeated.length > 0 && bracketed.length > 0) {
    throw unreadable(name, 'mixes the repeated and bracket array formats')
  }
  const values = repeated.length > 0 ? repeated : bracketed
  const [first, ...more] = values
  if (first === undefined) return undefined
  if (first === '' && more.length === 0) return []
  const items = more.length === 0 && !strict ? first.split(',') : values
  if (items.includes('')) throw unreadable(name, 'mixes empty values with other values')
  return items
}

function unreadable(name: string, problem: string): Error {
  return inputError([{ path: [name], message: `Could not parse parameter: '${name}' ${problem}` }])
}
