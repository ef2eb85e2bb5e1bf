import { type Micros, parseInstant } from '../domain/instant.ts'

/** The time that an export is about, up to and without `to`. */
export interface ExportWindow {
  from: Micros
  to: Micros
}

const FIRST = parseInstant('0001-01-01T00:00:00Z') as Micros
const LAST = parseInstant('9999-12-31T23:59:59.999999Z') as Micros

/** The window of the events created after one instant and before another, at neither of them. Undefined: without that end. */
export function exportWindow(after: Micros | undefined, before: Micros | undefined): ExportWindow {
  return { from: after === undefined ? FIRST : after + 1n, to: before ?? LAST }
}
