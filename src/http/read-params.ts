import { decodeQuery } from './decode-query.ts'
import { ignoredParameters, listNames } from './ignored-parameters.ts'
import { type InputIssue, inputError } from './input-error.ts'
import type { ParamKind } from './param-kinds.ts'
import type { RequestInput } from './read-input.ts'

/** The kinds of an endpoint's parameters, by name. */
export type ParamKinds = Readonly<Record<string, ParamKind<unknown>>>

type ValuesOf<K extends ParamKinds> = { [Name in keyof K]: K[Name] extends ParamKind<infer T> ? T : never }

/** An endpoint's parameters. */
export interface Params<Values> {
  kinds: ParamKinds
  /** Throws an ApiError 400 that names everything wrong with the input. `headers`, for the answer, name the parameters that were ignored. */
  read: (input: RequestInput) => { values: Values; headers: Record<string, string> }
}

interface ParamsOptions<Values> {
  /** Says what is wrong with the parameters together; called only when each is valid by itself. */
  problemOf?: (values: Values) => string | null
  /** What happens to parameters that the endpoint does not have. */
  unknown?: 'ignored' | 'refused'
}

/**
 * Declares an endpoint's parameters once for both wire forms: a GET's query string and a POST's JSON body. The body wins where
 * both name a parameter. On Seam's endpoints unknown keys are ignored (contract, 2.3) and named in a header. Every endpoint knows
 * `_strict` (contract, trap 2).
 */
export function defineParams<K extends ParamKinds>(
  kinds: K,
  { problemOf = () => null, unknown: whenUnknown = 'ignored' }: ParamsOptions<ValuesOf<K>> = {},
): Params<ValuesOf<K>> {
  const all = Object.entries(kinds).map(([name, { schema }]) => {
    return { name, schema, isNeeded: !schema.safeParse(undefined).success }
  })
  const read = ({ query, body }: RequestInput): { values: ValuesOf<K>; headers: Record<string, string> } => {
    const decoded = decodeQuery(query, kinds)
    const given: Record<string, unknown> = { ...decoded.values, ...body }
    const unknown = [...decoded.unknown, ...unknownMembers(body, kinds)]
    const headers = whenUnknown === 'ignored' ? ignoredParameters(unknown) : {}
    const values: Record<string, unknown> = {}
    const issues: InputIssue[] = []
    // Checks only what was given: an object schema would check each of thirty kinds against nothing at all.
    for (const { name, schema, isNeeded } of all) {
      if (!isNeeded && given[name] === undefined) continue
      const { success, data, error } = schema.safeParse(given[name], { error: zod3Message })
      if (success) values[name] = data
      else issues.push(...error.issues.map(({ path, message }) => ({ path: [name, ...path], message })))
    }
    // Reported at the top, because a name from outside has no place in the tree of errors.
    if (whenUnknown === 'refused' && unknown.length > 0) {
      const known = Object.keys(kinds).join(', ')
      issues.push({ path: [], message: `Unknown parameters: ${listNames(unknown)} (there are: ${known})` })
    }
    if (issues.length > 0) throw inputError(issues, headers)
    const problem = problemOf(values as ValuesOf<K>)
    if (problem !== null) throw inputError([{ path: [], message: problem }], headers)
    return { values: values as ValuesOf<K>, headers }
  }
  return { kinds, read }
}

function unknownMembers(body: Readonly<Record<string, unknown>>, kinds: ParamKinds): string[] {
  return Object.keys(body).filter((name) => !Object.hasOwn(kinds, name) && name !== '_strict')
}

/** Reports wrong types in the words of Zod 3, for kinds that have no words of their own. */
function zod3Message(issue: { code?: string; expected?: string; input?: unknown }): string | undefined {
  if (issue.code !== 'invalid_type') return undefined
  return `Expected ${issue.expected}, received ${typeName(issue.input)}`
}

function typeName(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}
