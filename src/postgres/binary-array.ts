/*
 * Makes the arrays of a batch in Postgres's binary format, which array_recv and each element type's recv function read; pg sends a Buffer
 * as a binary parameter. As text, every quotation mark of an event's JSON would be escaped here and unescaped in Postgres, and dates would
 * be printed and parsed. In binary, a row of a bulk insert costs Postgres 38 instead of 46 µs of CPU time, and serializing takes 3.5
 * instead of 8 to 10 µs.
 */

/** How one element type is sent. */
export interface ElementType<Value> {
  /** The type's name in SQL. */
  name: string
  /** The oid of its row in pg_type, the same in every database. The array's header names it. */
  oid: number
  byteLength: (value: Value) => number
  /** Writes the value at `at`, where there is room for `byteLength` bytes. */
  write: (value: Value, to: Buffer, at: number) => void
}

const NULL_LENGTH = -1
/** The header: dimensions, whether there are nulls, element type, length, lower bound. */
const HEADER_BYTES = 5 * 4
const LENGTH_BYTES = 4

/** The one-dimensional array of these values. */
export function binaryArray<Value>(type: ElementType<Value>, values: readonly (Value | null)[]): Buffer {
  let size = HEADER_BYTES
  let hasNull = 0
  for (const value of values) {
    size += LENGTH_BYTES
    if (value === null) hasNull = 1
    else size += type.byteLength(value)
  }
  const array = Buffer.allocUnsafe(size)
  array.writeInt32BE(1, 0)
  array.writeInt32BE(hasNull, 4)
  array.writeInt32BE(type.oid, 8)
  array.writeInt32BE(values.length, 12)
  array.writeInt32BE(1, 16)
  let at = HEADER_BYTES
  for (const value of values) {
    const length = value === null ? NULL_LENGTH : type.byteLength(value)
    array.writeInt32BE(length, at)
    at += LENGTH_BYTES
    if (value === null) continue
    type.write(value, array, at)
    at += length
  }
  return array
}

const text = {
  byteLength: (value: string) => Buffer.byteLength(value),
  write: (value: string, to: Buffer, at: number) => void to.write(value, at),
}

export const TEXT: ElementType<string> = { name: 'text', oid: 25, ...text }
export const JSON_TEXT: ElementType<string> = { name: 'json', oid: 114, ...text }

export const BYTEA: ElementType<Buffer> = {
  name: 'bytea',
  oid: 17,
  byteLength: (value) => value.length,
  write: (value, to, at) => void value.copy(to, at),
}

const UUID_BYTES = 16

/** Takes a UUID as 32 hexadecimal digits with hyphens. Throws for another length, which would leave bytes unwritten or overwrite others. */
export const UUID: ElementType<string> = {
  name: 'uuid',
  oid: 2950,
  byteLength: () => UUID_BYTES,
  write: (value, to, at) => {
    let byte = at
    for (let i = 0; i < value.length; i += 2) {
      if (value.charCodeAt(i) === HYPHEN) i += 1
      to[byte++] = (digit(value.charCodeAt(i)) << 4) | digit(value.charCodeAt(i + 1))
    }
    if (byte !== at + UUID_BYTES) throw new TypeError('An id is not a UUID.')
  },
}

const HYPHEN = 0x2d

/** The value of a hexadecimal digit, from its character code. Letters have bit 6 set, in either case. */
function digit(code: number): number {
  return (code & 0xf) + (code & 0x40 ? 9 : 0)
}

/** 2000-01-01T00:00:00Z, which Postgres counts from, in microseconds since 1970. */
const POSTGRES_EPOCH = 946_684_800_000_000n

/** Takes microseconds since 1970. */
export const TIMESTAMPTZ: ElementType<bigint> = {
  name: 'timestamptz',
  oid: 1184,
  byteLength: () => 8,
  write: (micros, to, at) => void to.writeBigInt64BE(micros - POSTGRES_EPOCH, at),
}
