/** RFC 4180. */
export const CSV_LINE_END = '\r\n'

/**
 * Spreadsheets run what begins like this as a formula, or drop it and run the rest: `=`, `+`, `-` and `@`, their full-width forms, and
 * control characters. Guests choose their own names, so a name may be `=HYPERLINK(…)`.
 */
// eslint-disable-next-line no-control-regex -- control characters are what is looked for
const RUN_AS_FORMULA = /^[=+\-@\uFF1D\uFF0B\uFF0D\uFF20\u0000-\u001F\u007F-\u009F]/
const MUST_BE_QUOTED = /[",\r\n]/

/** A cell's text: a formula gets an apostrophe before it, as in a spreadsheet, and what would end the cell is quoted. */
export function csvCell(text: string | null): string {
  if (text === null || text === '') return ''
  const plain = RUN_AS_FORMULA.test(text) ? `'${text}` : text
  return MUST_BE_QUOTED.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain
}

/** Joined rather than added up: V8 would keep sixty pieces of each line until it is written. */
export function csvLine(cells: readonly (string | null)[]): string {
  return cells.map(csvCell).join(',') + CSV_LINE_END
}
