import { inputError } from './input-error.ts'
import type { ParamKind } from './param-kinds.ts'

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i
/** No meaningful number is longer; a longer text is not read as a number. */
const MAX_NUMBER_LENGTH = 64
/** Most digits of an index in brackets. */
const MAX_INDEX_LENGTH = 6

/** Spellings that count as booleans only without `_strict`. */
const LENIENT_BOOLEANS: Record<string, boolean> = {
  ...Object.fromEntries(['true', 'True', 'TRUE', 'yes', 'Yes', 'YES', '1'].map((word) => [word, true])),
  ...Object.fromEntries(['false', 'False', 'FALSE', 'no', 'No', 'NO', '0'].map((word) => [word, false])),
}

export interface DecodedQuery {
  values: Record<string, unknown>
  /** Keys that are not parameters, as they were spelled, each once. */
  unknown: string[]
}

/** What a query string says about one parameter. */
interface Given {
  /** `key=a&key=b` */
  repeated: string[]
  /** `key[]=a&key[]=b`, `key[0]=a&key[1]=b` */
  bracketed: { index: number; value: string }[]
}

/**
 * Reads the values that a query string holds for an endpoint's parameters. A value that cannot be read as its kind stays text, so that
 * validation refuses it by name. Throws an ApiError where the spelling itself is ambiguous.
 *
 * With the literal `_strict=true`, which new SDKs always send, a comma is a comma and `key[]` is an unknown key. Without it both
 * spell lists, for people with curl (contract, 2.3), and so does `key[0]`, which many HTTP clients write.
 */
export function decodeQuery(
  query: URLSearchParams,
  kinds: Readonly<Record<string, ParamKind<unknown>>>,
): DecodedQuery {
  if (query.size === 0) return { values: {}, unknown: [] }
  const strict = query.getAll('_strict').includes('true')
  const { given, unknown } = sortQuery(query, kinds, strict)
  const values: Record<string, unknown> = {}
  for (const [name, each] of given) {
    const kind = kinds[name]?.query ?? 'text'
    values[name] = kind === 'list' ? decodeList(name, each, strict) : decodeScalar(name, each, kind, strict)
  }
  return { values, unknown: [...unknown] }
}

function sortQuery(
  query: URLSearchParams,
  kinds: Readonly<Record<string, ParamKind<unknown>>>,
  strict: boolean,
): { given: Map<string, Given>; unknown: Set<string> } {
  const given = new Map<string, Given>()
  const unknown = new Set<string>()
  const givenOf = (name: string): Given => {
    const known = given.get(name)
    if (known !== undefined) return known
    const added: Given = { repeated: [], bracketed: [] }
    given.set(name, added)
    return added
  }
  for (const [key, value] of query) {
    if (Object.hasOwn(kinds, key)) {
      givenOf(key).repeated.push(value)
      continue
    }
    const bracket = strict ? null : readBracket(key)
    if (bracket !== null && Object.hasOwn(kinds, bracket.name) && kinds[bracket.name]?.query === 'list') {
      givenOf(bracket.name).bracketed.push({ index: bracket.index, value })
    } else if (key !== '_strict') {
      unknown.add(key)
    }
  }
  return { given, unknown }
}

/** Reads `name[]` and `name[0]`; null for any other key. Keys without an index sort last. */
function readBracket(key: string): { name: string; index: number } | null {
  if (!key.endsWith(']')) return null
  const open = key.lastIndexOf('[')
  const index = key.slice(open + 1, -1)
  if (open === -1 || index.length > MAX_INDEX_LENGTH || !/^\d*$/.test(index)) return null
  return { name: key.slice(0, open), index: index === '' ? Infinity : Number(index) }
}

function decodeScalar(
  name: string,
  { repeated: [value, ...more] }: Given,
  kind: 'text' | 'number' | 'boolean',
  strict: boolean,
): unknown {
  if (more.length > 0) throw unreadable(name, 'has repeated values but is not an array parameter')
  if (value === undefined || value === '') return null
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

function decodeList(name: string, { repeated, bracketed }: Given, strict: boolean): string[] {
  if (repeated.length > 0 && bracketed.length > 0) {
    throw unreadable(name, 'mixes the repeated and bracket array formats')
  }
  const inOrder = bracketed.toSorted((a, b) => (a.index === b.index ? 0 : a.index - b.index))
  const values = repeated.length > 0 ? repeated : inOrder.map(({ value }) => value)
  const [first = '', ...more] = values
  if (first === '' && more.length === 0) return []
  const items = more.length === 0 && !strict ? first.split(',') : values
  if (items.includes('')) throw unreadable(name, 'mixes empty values with other values')
  return items
}

function unreadable(name: string, problem: string): Error {
  return inputError([{ path: [name], message: `Could not parse parameter: '${name}' ${problem}` }])
}
