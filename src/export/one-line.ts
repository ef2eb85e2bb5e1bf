/** The event's text on one line. Only white space between its members can hold a line break, because JSON escapes those in strings. */
export function oneLine(json: string): string {
  return json.includes('\n') || json.includes('\r') ? json.replaceAll(/[\n\r]/g, ' ') : json
}
