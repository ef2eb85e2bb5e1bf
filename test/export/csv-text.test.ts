import fc from 'fast-check'
import { expect, test } from 'vitest'
import { csvCell, csvLine } from '../../src/export/csv-text.ts'
import { readCsv } from '../api/events/export-lines.ts'

test('Whatever the cells hold, a reader of RFC 4180 gets them back', () => {
  const cells = fc.array(
    fc.string({ unit: fc.constantFrom('a', '"', ',', '\r', '\n', ' ', 'ü', '🔑', ';') }),
    { minLength: 2 },
  )
  const isRead = fc.property(fc.array(cells, { minLength: 1 }), (rows) => {
    const plain = rows.map((row) => row.map((cell) => `x${cell}`))
    expect(readCsv(plain.map((row) => csvLine(row)).join(''))).toEqual(plain)
  })
  expect(fc.check(isRead)).toMatchObject({ failed: false })
})

test.each([
  ['=HYPERLINK("http://x","Room 204")', `"'=HYPERLINK(""http://x"",""Room 204"")"`],
  ['+49 30 1234', "'+49 30 1234"],
  ['-2', "'-2"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['\t=1+1', "'\t=1+1"],
  ['\r=1+1', `"'\r=1+1"`],
  ['\n=1+1', `"'\n=1+1"`],
  ['\0=1', "'\0=1"],
  ['\u009F=1', "'\u009F=1"],
  ['＝1+1', "'＝1+1"],
  ['a=1', 'a=1'],
  ['Zürich, "Nord"', '"Zürich, ""Nord"""'],
  ['', ''],
  [null, ''],
])('A cell that a spreadsheet would run is text: %j', (text, cell) => {
  expect(csvCell(text)).toBe(cell)
})
