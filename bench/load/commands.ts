import type { LoadResult } from './run-load.ts'

/** What the load process can be asked to do. It does one thing at a time, and prepares before it measures. */
export type Command =
  /** Sends distinct events, each signed, to `/webhooks/seam`. */
  | {
      kind: 'webhooks'
      url: string
      secret: string
      connections: number
      seconds: number
      /** The most deliveries to prepare. */
      count: number
      ratePerSecond: number | null
    }
  /** Sends the same request again and again. */
  | {
      kind: 'requests'
      url: string
      path: string
      key: string
      /** The JSON to POST. Null: a GET. */
      body: string | null
      /** The header `accept-encoding`, sent only if given. */
      encoding?: 'gzip'
      connections: number
      seconds: number
      count: number
    }
  /** Runs the single INSERT of an event as a prepared statement on one connection, one after the other. */
  | { kind: 'inserts'; databaseUrl: string; count: number }
  /** Runs a named prepared statement on one connection, one after the other. */
  | {
      kind: 'statement'
      databaseUrl: string
      text: string
      parameters: unknown[]
      seconds: number
      count: number
    }

export type Answer = { kind: 'result'; result: LoadResult } | { kind: 'failed'; message: string }
