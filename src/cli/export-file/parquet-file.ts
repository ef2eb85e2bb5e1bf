import { ByteWriter, ParquetWriter } from 'hyparquet-writer'
import { parseInstant } from '../../domain/instant.ts'
import {
  EVENT_COLUMNS,
  type ExportColumn,
  type ExportRow,
  ID_COLUMNS,
  TEXT_COLUMN,
} from '../../export/export-columns.ts'
import { exportRow, namesOfPage, type NamesOf } from '../../export/export-rows.ts'
import type { Append, FileFormat } from './file-format.ts'

/** A row group is written when its events have so much text or it has so many rows. It is all that is held in memory. */
const GROUP_CHARACTERS = 8 * 1024 * 1024
const GROUP_ROWS = 20_000

/** Under this key the file says that it is whole, as other formats do in their last line. */
export const PARQUET_MARK = 'seam_mirror_export'

type SchemaElement = ParquetWriter['schema'][number]

const COLUMNS = [...EVENT_COLUMNS, ...ID_COLUMNS, TEXT_COLUMN]

/** What a file needs in its footer of the row groups that it already has. */
interface ParquetState {
  rowGroups: ParquetWriter['row_groups']
  rows: bigint
}

export interface ParquetOptions {
  append: Append
  namesOf: NamesOf
  /** The bytes that are in the file, and what `state` gave after them; null for a new file. */
  from: { bytes: number; state: unknown } | null
}

/**
 * A Parquet file with the columns of the CSV, instants as microseconds in UTC and several ids as lists. Its footer is written last: a file
 * that was cut has none, and no program reads it.
 */
export function parquetFile({ append, namesOf, from }: ParquetOptions): FileFormat {
  const buffer = new ByteWriter()
  const writer = new ParquetWriter({ writer: buffer, schema: SCHEMA, createdBy: 'seam-mirror' })
  if (from !== null) {
    const { rowGroups, rows } = from.state as ParquetState
    writer.row_groups = rowGroups
    writer.num_rows = rows
    // The file has its first bytes already, and all positions count from its beginning.
    buffer.index = 0
    buffer.offset = from.bytes
  }
  let rows: ExportRow[] = []
  let characters = 0
  const flush = async (): Promise<void> => {
    await append(buffer.getBytes())
    buffer.index = 0
  }
  const writeGroup = async (): Promise<void> => {
    await writer.write({
      columnData: COLUMNS.map((column) => columnOf(column, rows)),
      rowGroupSize: rows.length,
    })
    // Pages are found by reading the group, so their places need not be kept.
    writer.pendingIndexes = []
    rows = []
    characters = 0
    await flush()
  }
  return {
    add: async (texts) => {
      const names = await namesOfPage(texts, namesOf)
      for (const text of texts) {
        rows.push(exportRow(text, names))
        characters += text.length
      }
      if (characters < GROUP_CHARACTERS && rows.length < GROUP_ROWS) return false
      await writeGroup()
      return true
    },
    end: async (mark) => {
      if (rows.length > 0) await writeGroup()
      writer.kvMetadata = [{ key: PARQUET_MARK, value: mark }]
      await writer.finish()
      await flush()
    },
    state: (): ParquetState => ({ rowGroups: writer.row_groups, rows: writer.num_rows }),
  }
}

function columnOf(column: ExportColumn, rows: readonly ExportRow[]) {
  const { name } = column
  const plain = { name, offsetIndex: false }
  if (column === TEXT_COLUMN)
    // Texts that are all different fill a dictionary in vain, and nobody looks for a range of them.
    return {
      ...plain,
      data: rows.map((row) => column.of(row)),
      encoding: 'PLAIN',
      statistics: false,
    } as const
  if (column.kind !== 'time') return { ...plain, data: rows.map((row) => column.of(row)) }
  return { ...plain, data: rows.map((row) => parseInstant(column.of(row) ?? '')) }
}

const SCHEMA: SchemaElement[] = [
  { name: 'root', num_children: COLUMNS.length },
  ...COLUMNS.flatMap((column): SchemaElement[] => {
    const { name } = column
    if (column.kind === 'time')
      return [
        {
          name,
          type: 'INT64',
          repetition_type: 'OPTIONAL',
          converted_type: 'TIMESTAMP_MICROS',
          logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
        },
      ]
    const text = { type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'OPTIONAL' } as const
    if (column.kind === 'text') return [{ name, ...text }]
    return [
      { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
      { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
      { name: 'element', ...text },
    ]
  }),
]
