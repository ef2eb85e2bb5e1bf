import { csvRowsIn } from './csv-rows.ts'
import { exportRows, type NamesOf } from './export-rows.ts'
import { oneLine } from './one-line.ts'

/** An export that is text, line by line. */
export interface TextFormat {
  /** What comes before the first event; nothing comes there when an export goes on. */
  head: string
  /** The lines of a page, in parts. */
  lines: (texts: readonly string[]) => Promise<string[]> | string[]
  /** The last line, which says that nothing is missing. The mark is an object as JSON. */
  end: (mark: string) => string
}

export const NDJSON: TextFormat = {
  head: '',
  lines: (texts) => texts.flatMap((text) => [oneLine(text), '\n']),
  end: (mark) => `{"_export":${mark}}\n`,
}

/** How a file says that it is UTF-8, without which Excel takes it for something else. */
const BYTE_ORDER_MARK = '\uFEFF'

export interface CsvOptions {
  timeZone: string
  withByteOrderMark: boolean
  namesOf: NamesOf
}

/** @throws RangeError for a zone that there is not. */
export function csvFormat({ timeZone, withByteOrderMark, namesOf }: CsvOptions): TextFormat {
  const { header, line, end } = csvRowsIn(timeZone)
  return {
    head: `${withByteOrderMark ? BYTE_ORDER_MARK : ''}${header}`,
    lines: async (texts) => (await exportRows(texts, namesOf)).map(line),
    end,
  }
}
