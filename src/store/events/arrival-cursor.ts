/**
 * A place in a workspace's order of arrival, just after one event. `encodeArrivalCursor` makes it a text that a client may keep. It means
 * nothing in another workspace.
 */
export interface ArrivalCursor {
  /** The server that counted the transactions: Postgres's system identifier, a signed 64-bit number. */
  server: bigint
  /** The transaction that brought the event: an unsigned 64-bit number. */
  transaction: bigint
  eventId: string
}

/** The lowest and the highest id in the order of UUIDs. */
export const FIRST_ID = '00000000-0000-0000-0000-000000000000'
export const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff'

/** Compares two places of one server: negative when the first comes first. Ids are in lower case, so their texts have Postgres's order. */
export function compareArrivals(a: ArrivalCursor, b: ArrivalCursor): number {
  if (a.transaction !== b.transaction) return a.transaction < b.transaction ? -1 : 1
  if (a.eventId === b.eventId) return 0
  return a.eventId < b.eventId ? -1 : 1
}

/** The version of the text form. It is the first byte, so that later versions can be told apart. */
const VERSION = 1
/** The bytes of the version, server, transaction and event id. */
const CURSOR_BYTES = 1 + 8 + 8 + 16

/** 44 characters of base64url. */
export function encodeArrivalCursor({ server, transaction, eventId }: ArrivalCursor): string {
  const bytes = Buffer.alloc(CURSOR_BYTES)
  bytes.writeUInt8(VERSION, 0)
  bytes.writeBigInt64BE(server, 1)
  bytes.writeBigUInt64BE(transaction, 9)
  bytes.write(eventId.replaceAll('-', ''), 17, 'hex')
  return bytes.toString('base64url')
}

/** Returns null for a text that is no cursor. A made-up cursor is harmless, because it is only a place in the same workspace's order. */
export function decodeArrivalCursor(text: string): ArrivalCursor | null {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length !== CURSOR_BYTES || bytes[0] !== VERSION || bytes.toString('base64url') !== text)
    return null
  const hex = bytes.toString('hex', 17)
  return {
    server: bytes.readBigInt64BE(1),
    transaction: bytes.readBigUInt64BE(9),
    eventId: hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
  }
}
