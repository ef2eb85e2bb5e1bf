import { z } from 'zod'
import type { Micros } from '../domain/instant.ts'
import { isUuid } from '../domain/uuid.ts'
import { parseTimeParameter } from './parse-time-parameter.ts'

/**
 * A kind of parameter: how a query string spells it, and which values are valid, wherever they came from. Messages are those
 * of Zod 3, which Seam's own answers show (contract, 5.1).
 */
export interface ParamKind<T> {
  query: 'text' | 'number' | 'boolean' | 'list'
  schema: z.ZodType<T>
}

/** How many wrong items of one list are reported: a body of a megabyte can hold half a million. */
const MAX_REPORTED_ITEMS = 10

/** Seam's own message, with an example that Seam leaves out. */
const BAD_TIME = 'Must be parsable date string if defined (such as 2026-01-31T00:00:00Z)'
const BLANK_FOR_PLUS =
  'Must be parsable date string if defined (such as 2026-01-31T00:00:00Z; in a URL, + is written as %2B)'

/** What the API's description says about a value, in the words of JSON Schema: what is checked by functions cannot be read from them. */
const UUID = { type: 'string', format: 'uuid' } as const
const TEXT = { type: 'string', minLength: 1 } as const
const TIME = { type: 'string', format: 'date-time' } as const

export function uuid(): ParamKind<string | undefined> {
  return { query: 'text', schema: z.string().refine(isUuid, 'Invalid uuid').meta(UUID).optional() }
}

export function uuidList(options: { maxItems?: number } = {}): ParamKind<string[] | undefined> {
  return { query: 'list', schema: list((item) => (isUuid(item) ? null : 'Invalid uuid'), UUID, options) }
}

/** Text of at least one character. NUL is refused: Postgres cannot store it, so it could match nothing. */
export function text(): ParamKind<string | undefined> {
  return { query: 'text', schema: z.string().refine(isText, BAD_TEXT).meta(TEXT).optional() }
}

export function textList(options: { maxItems?: number } = {}): ParamKind<string[] | undefined> {
  return { query: 'list', schema: list((item) => (isText(item) ? null : BAD_TEXT), TEXT, options) }
}

/** A time to filter by, as microseconds; parse-time-parameter.ts says which spellings are accepted. */
export function instant(): ParamKind<Micros | undefined> {
  const schema = z.unknown().transform((value, context) => {
    if (value === undefined) return undefined
    const micros = parseTimeParameter(value)
    if (micros === null) context.addIssue(badTime(value))
    return micros ?? z.NEVER
  })
  return { query: 'text', schema: schema.meta(TIME).optional() }
}

/** Two instants, the first before the second (contract, 6.2). */
export function instantPair(): ParamKind<readonly [Micros, Micros] | undefined> {
  const schema = z.array(z.unknown()).transform((items, context): readonly [Micros, Micros] => {
    if (items.length !== 2) {
      context.addIssue('Array must contain exactly 2 element(s)')
      return z.NEVER
    }
    const lower = parseTimeParameter(items[0])
    const upper = parseTimeParameter(items[1])
    if (lower === null) context.addIssue({ code: 'custom', message: badTime(items[0]), path: [0] })
    if (upper === null) context.addIssue({ code: 'custom', message: badTime(items[1]), path: [1] })
    if (lower === null || upper === null) return z.NEVER
    if (lower >= upper) context.addIssue('second value must be greater than first value')
    return [lower, upper]
  })
  return { query: 'list', schema: schema.meta({ items: TIME, minItems: 2, maxItems: 2 }).optional() }
}

/** Adds a hint for an unescaped `+` in a URL, which arrives as a blank. */
function badTime(value: unknown): string {
  if (typeof value !== 'string') return BAD_TIME
  const blank = value.lastIndexOf(' ')
  const withPlus = `${value.slice(0, blank)}+${value.slice(blank + 1)}`
  return blank > 0 && parseTimeParameter(withPlus) !== null ? BLANK_FOR_PLUS : BAD_TIME
}

/** A whole number of at least `min`. Above `max` it is refused; above `cap` it counts as `cap`. */
export function integer(options: { min: number; max?: number; cap?: number }): ParamKind<number | undefined> {
  const { min, max = Infinity, cap = max } = options
  const schema = z
    .number()
    .refine(Number.isInteger, 'Expected integer, received float')
    .min(min, `Number must be greater than or equal to ${min}`)
    .max(max, `Number must be less than or equal to ${max}`)
    .transform((value) => Math.min(value, cap))
    .meta({ type: 'integer', minimum: min, ...(max < Infinity && { maximum: max }) })
  return { query: 'number', schema: schema.optional() }
}

/** One of these words. */
export function oneOf<const Word extends string>(...words: Word[]): ParamKind<Word | undefined> {
  return {
    query: 'text',
    schema: z.enum(words, { error: () => noSuchWord(words) }).optional(),
  }
}

/** Any of these words. */
export function someOf<const Word extends string>(...words: Word[]): ParamKind<Word[] | undefined> {
  const problemOf = (item: unknown) => (words.includes(item as Word) ? null : noSuchWord(words))
  const schema = list(problemOf, { type: 'string', enum: words }, { maxItems: words.length })
  return { query: 'list', schema: schema as z.ZodType<Word[] | undefined> }
}

function noSuchWord(words: readonly string[]): string {
  return `Invalid enum value. Expected ${words.map((word) => `'${word}'`).join(' | ')}`
}

export function boolean(): ParamKind<boolean | undefined> {
  return { query: 'boolean', schema: z.boolean().optional() }
}

/** The same kind with a sentence for the API's description, about which things the parameter selects. */
export function about<T>(description: string, { query, schema }: ParamKind<T>): ParamKind<T> {
  return { query, schema: schema.describe(description) }
}

/** The same kind, or null: `key=` in a query, `null` in JSON. */
export function nullable<T>(kind: ParamKind<T>): ParamKind<T | null> {
  return { query: kind.query, schema: kind.schema.nullable() }
}

/** The same kind, and it must be given. */
export function required<T>(kind: ParamKind<T | undefined>): ParamKind<T> {
  const schema = z.nonoptional(kind.schema, 'Required') as unknown as z.ZodType<T>
  return { query: kind.query, schema: schema }
}

const BAD_TEXT = 'String must contain at least 1 character(s) and no NUL'

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.length > 0 && !value.includes('\0')
}

function list(
  problemOf: (item: unknown) => string | null,
  items: object,
  { maxItems }: { maxItems?: number },
): z.ZodType<string[] | undefined> {
  const schema = z.array(z.unknown()).superRefine((given, context) => {
    if (maxItems !== undefined && given.length > maxItems) {
      // The items themselves are not checked either.
      context.addIssue(`Array must contain at most ${maxItems} element(s)`)
      return
    }
    let reported = 0
    for (const [index, item] of given.entries()) {
      const message = problemOf(item)
      if (message === null) continue
      context.addIssue({ code: 'custom', message, path: [index] })
      reported += 1
      if (reported === MAX_REPORTED_ITEMS) return
    }
  })
  const facts = { items, ...(maxItems !== undefined && { maxItems }) }
  return schema.meta(facts).optional() as unknown as z.ZodType<string[] | undefined>
}
