import type { ColumnType } from 'kysely'

/** What the columns of each Postgres type hold: what is read from them, and what may be written into them. */
interface ColumnValues {
  bool: { read: boolean; write: boolean }
  bytea: { read: Buffer; write: Uint8Array }
  float8: { read: number; write: number }
  int4: { read: number; write: number }
  /** Read as text, because a number cannot hold all of them. */
  int8: { read: string; write: string | number }
  /** Only ever computed with in Postgres. */
  interval: { read: unknown; write: string }
  /** The text, as it was written (I7). */
  json: { read: string; write: string }
  text: { read: string; write: string }
  'text[]': { read: string[]; write: readonly string[] }
  /** Text with all its digits (`formatInstant`), never a `Date`. */
  timestamptz: { read: string; write: string }
  tstzmultirange: { read: string; write: string }
  /** Lower-case text. */
  uuid: { read: string; write: string }
  'uuid[]': { read: string[]; write: readonly string[] }
  xid8: { read: string; write: string }
}

type PostgresType = keyof ColumnValues
type Read<Type extends PostgresType> = ColumnValues[Type]['read']
type Write<Type extends PostgresType> = ColumnValues[Type]['write']

/** One column as the migrations make it. */
export interface Column<Values = unknown> {
  type: PostgresType
  isNullable: boolean
  /** Who gives the value when a row is inserted without it: a default, or always Postgres. */
  filledBy: 'default' | 'identity' | null
  /** The only texts it may hold; null when any. */
  oneOf: readonly string[] | null
  /** Never there: it carries the type of the values. */
  values?: Values
}

const PLAIN = { isNullable: false, filledBy: null, oneOf: null } as const

/** A column that must be given. */
export function column<Type extends PostgresType>(
  type: Type,
): Column<ColumnType<Read<Type>, Write<Type>, Write<Type>>> {
  return { ...PLAIN, type }
}

/** A column that may be null. */
export function nullable<Type extends PostgresType>(
  type: Type,
): Column<ColumnType<Read<Type> | null, Write<Type> | null, Write<Type> | null>> {
  return { ...PLAIN, type, isNullable: true }
}

/** A column with a default. */
export function defaulted<Type extends PostgresType>(
  type: Type,
): Column<ColumnType<Read<Type>, Write<Type> | undefined, Write<Type>>> {
  return { ...PLAIN, type, filledBy: 'default' }
}

/** A number that Postgres gives to each row, and that nobody may set. */
export function identity(): Column<ColumnType<string, never, never>> {
  return { ...PLAIN, type: 'int8', filledBy: 'identity' }
}

/** A text that a check of the table limits to these. */
export function oneOf<const Text extends string>(...texts: Text[]): Column<ColumnType<Text, Text, Text>> {
  return { ...PLAIN, type: 'text', oneOf: texts }
}

/** The same, or null. */
export function oneOfOrNull<const Text extends string>(
  ...texts: Text[]
): Column<ColumnType<Text | null, Text | null, Text | null>> {
  return { ...PLAIN, type: 'text', isNullable: true, oneOf: texts }
}

/** Several of these texts. No check limits them; `insertApiKey` takes nothing else. */
export function listOf<Text extends string>(): Column<ColumnType<Text[], readonly Text[], readonly Text[]>> {
  return { ...PLAIN, type: 'text[]' }
}

/** Tables as Kysely's types describe them. */
export type TypesOf<Tables> = {
  [Table in keyof Tables]: {
    [Name in keyof Tables[Table]]: Tables[Table][Name] extends Column<infer Values> ? Values : never
  }
}
