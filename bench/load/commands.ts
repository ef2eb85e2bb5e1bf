import type { LoadResult } from './run-load.ts'

/** What the load process is asked to do; it does one thing at a time, and prepares before it measures. */
export type Command =
  /** Distinct events, each signed, to `/webhooks/seam`. */
  | {
      kind: 'webhooks'
      url: string
      secret: string
      connections: number
      seconds: number
      /** Most deliveries to prepare. */
      count: number
      ratePerSecond: number | null
    }
  /** The same request again and again. */
  | {
      kind: 'requests'
      url: string
      path: string
      key: string
      /** JSON to POST; null for a GET. */
      body: string | null
      /** `accept-encoding`; none when not given. */
      encoding?: 'gzip'
      connections: number
      seconds: number
      count: number
    }
  /** The single INSERT of an event on one connection, one after the other, as a prepared statement. */
  | { kind: 'inserts'; databaseUrl: string; count: number }
  /** A named prepared statement on one connection, one after the other. */
  | {
      kind: 'statement'
      databaseUrl: string
      text: string
      parameters: unknown[]
      seconds: number
      count: number
    }

export type Answer = { kind: 'result'; result: LoadResult } | { kind: 'failed'; message: string }
