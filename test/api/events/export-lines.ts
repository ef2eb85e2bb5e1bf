import { expect } from 'vitest'

export interface ExportMark {
  complete: true
  cursor: string
  completeness: { from: string | null; until: string | null; is_complete: boolean }
}

/** An NDJSON export that has arrived whole: its lines, and what the last one says. */
export function readNdjson(text: string): { lines: string[]; ids: string[]; mark: ExportMark } {
  expect(text.endsWith('\n')).toBe(true)
  const lines = text.slice(0, -1).split('\n')
  const last = lines.pop() ?? ''
  const ids = lines.map((line) => (JSON.parse(line) as { event_id: string }).event_id)
  return { lines, ids, mark: (JSON.parse(last) as { _export: ExportMark })['_export'] }
}

/** Reads CSV by the letter of RFC 4180; throws where it is not. */
export function readCsv(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let at = 0
  while (at < text.length) {
    const quoted = /"((?:[^"]|"")*)"/y
    const plain = /[^",\r\n]*/y
    const pattern = text[at] === '"' ? quoted : plain
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match === null) throw new Error(`No cell at ${at}: ${text.slice(at, at + 40)}`)
    row.push(match[1]?.replaceAll('""', '"') ?? match[0])
    at = pattern.lastIndex
    if (text[at] === ',') at += 1
    else if (text.startsWith('\r\n', at)) {
      rows.push(row)
      row = []
      at += 2
    } else throw new Error(`Neither a comma nor a line's end at ${at}`)
  }
  expect(row).toEqual([])
  return rows
}
