import pg from 'pg'

/** A row as Postgres sends it: the text of each column, null where it is null. */
export type TextRow = (string | null)[]

const bytea = pg.types.getTypeParser(pg.types.builtins.BYTEA) as (text: string) => Buffer

/** Reads a column of bytes. */
export function readBytea(column: string | null | undefined): Buffer | null {
  return typeof column === 'string' ? bytea(column) : null
}

export interface TextRows {
  rows: TextRow[]
  /** Whether there are more rows, which were left out because they would have passed the limit. */
  isCut: boolean
}

export interface TextLimits {
  maxBytes: number
  /** How many rows are read even when they have more bytes. */
  minRows?: number | undefined
}

/**
 * A query that returns rows as pg's protocol layer gives them. pg's own Query parses each row into an object, by a description of the
 * columns that it reads for every answer. A profile showed that this took some 60 of the 690 µs that the service spent on an answer of
 * 50 events.
 *
 * The query ends as soon as the rows reach `maxBytes` (the first `minRows` may have more), because 1,000 rows of 250 KB would take 250 MB of
 * memory. Counting bytes costs nothing here, while Postgres would have to read every row out of its storage to tell its length. Nobody
 * reads the rows that are still on their way then, so the connection must be closed.
 *
 * pg calls these methods on any query to pass on what has arrived (pg-cursor and pg-query-stream use them too).
 */
export class TextQuery extends pg.Query {
  readonly #result: TextRows = { rows: [], isCut: false }
  readonly #maxBytes: number
  readonly #minRows: number
  readonly #done: (error: Error | undefined, result: TextRows) => void
  #bytes = 0

  constructor(
    config: pg.QueryConfig,
    { maxBytes, minRows = 1 }: TextLimits,
    done: (error: Error | undefined, result: TextRows) => void,
  ) {
    super(config, undefined, (error) => done(error, this.#result))
    this.#maxBytes = maxBytes
    this.#minRows = minRows
    this.#done = done
  }

  handleRowDescription(): void {}

  handleDataRow({ fields, length }: { fields: TextRow; length: number }): void {
    if (this.#result.isCut) return
    this.#bytes += length
    if (this.#bytes <= this.#maxBytes || this.#result.rows.length < this.#minRows) {
      this.#result.rows.push(fields)
      return
    }
    this.#result.isCut = true
    this.#done(undefined, this.#result)
  }

  handleReadyForQuery(): void {
    this.#done(undefined, this.#result)
  }
}
