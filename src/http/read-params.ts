import { decodeQuery } from './decode-query.ts'
import { ignoredParameters, listNames } from './ignored-parameters.ts'
import { type InputIssue, inputError } from './input-error.ts'
import type { ParamKind } from './param-kinds.ts'
import type { RequestInput } from './read-input.ts'

type Kinds = Readonly<Record<string, ParamKind<unknown>>>

export type ParamsOf<K extends Kinds> = { [Name in keyof K]: K[Name] extends ParamKind<infer T> ? T : never }

/** Reads an endpoint's parameters; throws the ApiError 400 that names everything wrong with them. */
export type ReadParams<Params> = (input: RequestInput) => ParamsRead<Params>

export interface ParamsRead<Params> {
  params: Params
  /** For the answer: what else was given. */
  headers: Record<string, string>
}

interface ParamsOptions<Params> {
  /** What is wrong with parameters that are right one by one; asked only when they are. */
  problemOf?: (params: Params) => string | null
  /** What becomes of parameters that the endpoint does not have. */
  unknown?: 'ignored' | 'refused'
}

/**
 * Declares an endpoint's parameters, once for both wire forms: a GET's query string and a POST's JSON body, which wins where
 * both name a parameter. Unknown keys are ignored on Seam's endpoints (contract, 2.3), and named in a header; `_strict` is known
 * to all (contract, trap 2).
 */
export function defineParams<K extends Kinds>(
  kinds: K,
  { problemOf = () => null, unknown: whenUnknown = 'ignored' }: ParamsOptions<ParamsOf<K>> = {},
): ReadParams<ParamsOf<K>> {
  const all = Object.entries(kinds).map(([name, { schema }]) => {
    return { name, schema, isNeeded: !schema.safeParse(undefined).success }
  })
  return ({ query, body }) => {
    const { values, unknown: unknownKeys } = decodeQuery(query, kinds)
    const given: Record<string, unknown> = { ...values, ...body }
    const unknown = [...unknownKeys, ...unknownMembers(body, kinds)]
    const headers = whenUnknown === 'ignored' ? ignoredParameters(unknown) : {}
    const params: Record<string, unknown> = {}
    const issues: InputIssue[] = []
    // Only what was given: an object's schema would ask each of thirty kinds about nothing at all.
    for (const { name, schema, isNeeded } of all) {
      if (!isNeeded && given[name] === undefined) continue
      const { success, data, error } = schema.safeParse(given[name], { error: zod3Message })
      if (success) params[name] = data
      else issues.push(...error.issues.map(({ path, message }) => ({ path: [name, ...path], message })))
    }
    // At the top, because a name from outside is no place in the tree of errors.
    if (whenUnknown === 'refused' && unknown.length > 0) {
      const known = Object.keys(kinds).join(', ')
      issues.push({ path: [], message: `Unknown parameters: ${listNames(unknown)} (there are: ${known})` })
    }
    if (issues.length > 0) throw inputError(issues, headers)
    const problem = problemOf(params as ParamsOf<K>)
    if (problem !== null) throw inputError([{ path: [], message: problem }], headers)
    return { params: params as ParamsOf<K>, headers }
  }
}

function unknownMembers(body: Readonly<Record<string, unknown>>, kinds: Kinds): string[] {
  return Object.keys(body).filter((name) => !Object.hasOwn(kinds, name) && name !== '_strict')
}

/** Wrong types in the words of Zod 3, for the kinds that have no words of their own. */
function zod3Message(issue: { code?: string; expected?: string; input?: unknown }): string | undefined {
  if (issue.code !== 'invalid_type') return undefined
  return `Expected ${issue.expected}, received ${typeName(issue.input)}`
}

function typeName(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}
