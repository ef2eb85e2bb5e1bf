import type { Issue, ParamKind, ParamKinds, Params } from './params.ts'

/**
 * Reads a query string by the rules of Seam's parser (contract, section 2.3): lists repeat their key, `key=` is an empty
 * list or null. Without `_strict=true`, commas and `key[]` make lists as well, and more words are booleans.
 */
export function parseQuery(query: URLSearchParams, kinds: ParamKinds): { params: Params; issues: Issue[] } {
  const strict = query.get('_strict') === 'true'
  const params: Params = {}
  const issues: Issue[] = []
  for (const [name, kind] of Object.entries(kinds)) {
    const values = [...query.getAll(name), ...(strict ? [] : query.getAll(`${name}[]`))]
    if (values.length === 0) continue
    if (kind.list) params[name] = parseList(values, kind, strict)
    else if (values.length > 1) issues.push({ param: name, message: 'Given more than once' })
    else params[name] = parseScalar(values[0] ?? '', kind, strict)
  }
  return { params, issues }
}

function parseList(values: readonly string[], kind: ParamKind, strict: boolean): unknown[] {
  const items = strict ? values : values.flatMap((value) => value.split(','))
  if (items.length === 1 && items[0] === '') return []
  return items.map((item) => parseScalar(item, kind, strict))
}

function parseScalar(value: string, kind: ParamKind, strict: boolean): unknown {
  if (value === '') return null
  if (kind.type === 'number') return Number.isFinite(Number(value)) ? Number(value) : value
  if (kind.type === 'boolean') {
    const word = strict ? value : value.toLowerCase()
    if (word === 'true' || (!strict && ['1', 'yes', 't', 'y'].includes(word))) return true
    if (word === 'false' || (!strict && ['0', 'no', 'f', 'n'].includes(word))) return false
  }
  return value
}
