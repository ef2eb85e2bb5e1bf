/**
 * Instants are whole microseconds since 1970 in a number, exact until the year 2255. A JavaScript `Date` would lose the
 * last three digits of the timestamps that Seam may send (contract, section 12.3).
 */
export type Micros = number

const rfc3339 = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d)?)(?:\.(\d+))?([Zz]|[+-]\d\d(?::?\d\d)?)?$/
const numeric = /^[+-]?\d+(\.\d+)?$/

/**
 * Reads RFC 3339 with any number of digits and any offset (no offset means UTC; digits after the sixth are cut), and
 * whatever else `Date` understands, but no bare numbers (contract, section 6.2). Undefined when it is no instant.
 */
export function parseInstant(text: string): Micros | undefined {
  const parts = rfc3339.exec(text)
  if (!parts) {
    const milliseconds = numeric.test(text) ? NaN : Date.parse(text)
    return Number.isNaN(milliseconds) ? undefined : milliseconds * 1000
  }
  const [, date, time, fraction = '', zone] = parts
  const milliseconds = Date.parse(`${date}T${time}${fullZone(zone)}`)
  if (Number.isNaN(milliseconds)) return undefined
  return milliseconds * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0'))
}

/** RFC 3339 in UTC with three (milliseconds) or six (microseconds) digits. */
export function formatInstant(micros: Micros, precision: 'millis' | 'micros'): string {
  const milliseconds = Math.floor(micros / 1000)
  const text = new Date(milliseconds).toISOString()
  if (precision === 'millis') return text
  return `${text.slice(0, -1)}${String(micros - milliseconds * 1000).padStart(3, '0')}Z`
}

function fullZone(zone: string | undefined): string {
  if (zone === undefined || zone.toUpperCase() === 'Z') return 'Z'
  const digits = zone.slice(1).replace(':', '').padEnd(4, '0')
  return `${zone.charAt(0)}${digits.slice(0, 2)}:${digits.slice(2)}`
}
