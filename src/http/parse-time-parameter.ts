import { type Micros, parseInstant } from '../domain/instant.ts'

const DATE_TIME = /^(\d{4}-\d\d-\d\d)(?:[Tt ](\d\d:\d\d)(?:(:\d\d)(\.\d+)?)?([Zz]|[+-]\d\d(?::?\d\d)?)?)?$/

/** Years 0001 to 9999: an offset can move a written date out of them, and Postgres takes no year 0 in this form. */
const FIRST = parseInstant('0001-01-01T00:00:00Z') as Micros
const LAST = parseInstant('9999-12-31T23:59:59.999999Z') as Micros

/**
 * Reads a time that a caller filters by: RFC 3339 with any fraction and offset, a date alone (midnight, UTC), or a date-time
 * without seconds or without a zone. A missing zone means UTC, never the server's own. Null for anything else, including
 * numbers and numeric text (contract, 6.2).
 */
export function parseTimeParameter(value: unknown): Micros | null {
  if (typeof value !== 'string') return null
  const match = DATE_TIME.exec(value)
  if (match === null) return null
  const [, date, minutes = '00:00', seconds = ':00', fraction = '', zone = 'Z'] = match
  const instant = parseInstant(`${date}T${minutes}${seconds}${fraction}${zone}`)
  return instant !== null && instant >= FIRST && instant <= LAST ? instant : null
}
