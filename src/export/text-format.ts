import { csvRowsIn } from './csv-rows.ts'
import { exportRow, namesOfPage, type NamesOf } from './export-rows.ts'
import { oneLine } from './one-line.ts'

/** An export that is text, line by line. */
export interface TextFormat {
  /** What comes before the first event; nothing comes there when an export goes on. */
  head: string
  /** The lines of a page, in parts, each in pieces. Between two parts other work has its turn. */
  lines: (texts: readonly string[]) => AsyncIterable<string[]> | Iterable<string[]>
  /** The last line, which says that nothing is missing. The mark is an object as JSON. */
  end: (mark: string) => string
}

export const NDJSON: TextFormat = {
  head: '',
  // One part a page: with parts of 64 KiB an answer took a third longer.
  lines: (texts) => [texts.flatMap((text) => [oneLine(text), '\n'])],
  end: (mark) => `{"_export":${mark}}\n`,
}

/** How a file says that it is UTF-8, without which Excel takes it for something else. */
const BYTE_ORDER_MARK = '\uFEFF'

/** A row takes 15 µs, so a page of them at once would keep webhooks waiting for 20 ms. */
const CSV_PART_ROWS = 100

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
    lines: async function* (texts) {
      const names = await namesOfPage(texts, namesOf)
      for (let at = 0; at < texts.length; at += CSV_PART_ROWS) {
        const part = texts.slice(at, at + CSV_PART_ROWS)
        yield part.map((text) => line(exportRow(text, names)))
      }
    },
    end,
  }
}
