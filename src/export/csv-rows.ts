import { parseInstant } from '../domain/instant.ts'
import { csvLine } from './csv-text.ts'
import {
  EVENT_COLUMNS,
  type ExportColumn,
  type ExportRow,
  ID_COLUMNS,
  TEXT_COLUMN,
} from './export-columns.ts'
import { localTimeIn } from './local-time.ts'

/** What stands between the values of a cell that holds several. */
const SEPARATOR = '; '

/** Writes rows as CSV. The columns of local times name their zone. */
export interface CsvRows {
  header: string
  line: (row: ExportRow) => string
  /** The last line, with this JSON in the last column and `_export` in the first. */
  end: (mark: string) => string
}

/** @throws RangeError for a zone that there is not. */
export function csvRowsIn(timeZone: string): CsvRows {
  const localTime = localTimeIn(timeZone)
  const columns: ExportColumn[] = [
    ...EVENT_COLUMNS.flatMap((column): ExportColumn[] => {
      if (column.kind !== 'time') return [column]
      const ofLocal = (row: ExportRow): string | null => {
        const instant = parseInstant(column.of(row) ?? '')
        return instant === null ? null : localTime(instant)
      }
      return [column, { name: `${column.name} (${timeZone})`, kind: 'text', of: ofLocal }]
    }),
    ...ID_COLUMNS,
    TEXT_COLUMN,
  ]
  return {
    header: csvLine(columns.map(({ name }) => name)),
    line: (row) => csvLine(columns.map((column) => cellOf(column, row))),
    end: (mark) =>
      csvLine(columns.map((_, i) => (i === 0 ? '_export' : i === columns.length - 1 ? mark : null))),
  }
}

function cellOf(column: ExportColumn, row: ExportRow): string | null {
  return column.kind === 'list' ? (column.of(row)?.join(SEPARATOR) ?? null) : column.of(row)
}
