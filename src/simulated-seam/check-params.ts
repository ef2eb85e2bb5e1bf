import { parseInstant } from './instant.ts'
import type { Issue, ParamKind, ParamKinds, Params } from './params.ts'

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Finds every problem of each parameter by itself. A route checks what it demands of several together. */
export function checkParams(params: Params, kinds: ParamKinds): Issue[] {
  return Object.entries(kinds).flatMap(([param, kind]) => {
    const message = problemOf(params[param], kind)
    return message === undefined ? [] : [{ param, message }]
  })
}

function problemOf(value: unknown, kind: ParamKind): string | undefined {
  if (value === undefined || (value === null && kind.nullable)) return undefined
  if (!kind.list) return scalarProblem(value, kind)
  if (!Array.isArray(value)) return `Expected array, received ${nameOf(value)}`
  if (value.length < (kind.minItems ?? 0)) return `Array must contain at least ${kind.minItems} element(s)`
  if (value.length > (kind.maxItems ?? Infinity))
    return `Array must contain at most ${kind.maxItems} element(s)`
  return value.map((item) => scalarProblem(item, kind)).find((problem) => problem !== undefined)
}

function scalarProblem(value: unknown, kind: ParamKind): string | undefined {
  if (kind.type === 'timestamp') {
    // The message is the one Seam's published fake gives (contract, section 6.2).
    const isInstant = typeof value === 'string' && parseInstant(value) !== undefined
    return isInstant ? undefined : 'Must be parsable date string if defined'
  }
  const primitive = kind.type === 'uuid' ? 'string' : kind.type
  if (typeof value !== primitive) return `Expected ${primitive}, received ${nameOf(value)}`
  if (kind.type === 'uuid' && !uuid.test(String(value))) return 'Invalid uuid'
  return value === '' ? 'String must contain at least 1 character(s)' : undefined
}

function nameOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}
