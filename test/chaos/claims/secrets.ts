import type { Rig } from '../rig.ts'

/** Members whose digits belong to no PIN. */
const UUIDS = /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/gi

/** Checks that no planted PIN is in any column of any table (I9). */
export async function checkDatabase(rig: Rig): Promise<void> {
  const columns = await rig.sql<{ table: string; column: string; type: string }>(
    `select table_name as "table", column_name as "column", data_type as "type" from information_schema.columns
     where table_schema = 'public' order by table_name, ordinal_position`,
  )
  for (const table of new Set(columns.map((column) => column.table))) {
    const parts = columns
      .filter((column) => column.table === table)
      .map(({ column, type }) => (type === 'bytea' ? `encode("${column}", 'escape')` : `"${column}"::text`))
    const rows = await rig.sql<{ text: string }>(
      `select concat_ws(' ', ${parts.join(', ')}) as text from "${table}"`,
    )
    for (const { text } of rows) findPins(rig, text, `the table ${table}`)
  }
}

/** Checks that no planted PIN is in anything that a process has printed. */
export function checkLog(rig: Rig): void {
  for (const { output, name } of rig.replicas) findPins(rig, output.join(''), `the log of replica ${name}`)
}

function findPins({ ledger, findings }: Rig, text: string, where: string): void {
  const searched = text.replace(UUIDS, '')
  for (const [pin, form] of ledger.planted.pins) {
    if (searched.includes(pin))
      findings.add(
        'I9',
        `a PIN (${form}) stands in ${where} in the clear: ${around(searched, pin)}`,
        `${pin} ${where}`,
      )
  }
}

function around(text: string, pin: string): string {
  const at = text.indexOf(pin)
  return text.slice(Math.max(0, at - 80), at + 40)
}
