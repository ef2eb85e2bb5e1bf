/**
 * Whether it is the name of a time zone in the IANA database, such as `Europe/Berlin`, or `UTC`. Old names without a slash are refused:
 * Postgres takes some of them (`CET`, `EST`) for abbreviations, which know no daylight saving, and some for rules of their own.
 */
export function isTimeZone(name: string): boolean {
  if (name.toUpperCase() === 'UTC') return true
  if (!/^[a-z]+(?:\/[\w+-]+)+$/i.test(name)) return false
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
