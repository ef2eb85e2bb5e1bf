import { z } from 'zod'
import { decodeQuery } from './decode-query.ts'
import { inputError } from './input-error.ts'
import type { ParamKind } from './param-kinds.ts'
import type { RequestInput } from './read-input.ts'

type Kinds = Readonly<Record<string, ParamKind<unknown>>>

export type ParamsOf<K extends Kinds> = { [Name in keyof K]: K[Name] extends ParamKind<infer T> ? T : never }

/** Reads an endpoint's parameters; throws the ApiError 400 that names everything wrong with them. */
export type ReadParams<Params> = (input: RequestInput) => Params

/**
 * Declares an endpoint's parameters, once for both wire forms: a GET's query string and a POST's JSON body, which wins where
 * both name a parameter. Unknown keys are ignored, `_strict` among them (contract, 2.3 and trap 2).
 *
 * @param problemOf What is wrong with parameters that are right one by one; asked only when they are.
 */
export function defineParams<K extends Kinds>(
  kinds: K,
  problemOf: (params: ParamsOf<K>) => string | null = () => null,
): ReadParams<ParamsOf<K>> {
  const schema = z.object(
    Object.fromEntries(Object.entries(kinds).map(([name, kind]) => [name, kind.schema])),
  )
  return ({ query, body }) => {
    const result = schema.safeParse({ ...decodeQuery(query, kinds), ...body }, { error: zod3Message })
    if (!result.success) throw inputError(result.error.issues)
    const params = result.data as ParamsOf<K>
    const problem = problemOf(params)
    if (problem !== null) throw inputError([{ path: [], message: problem }])
    return params
  }
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
