import type { ColumnType, Generated } from 'kysely'

/**
 * The tables as Kysely sees them; migrations/*.sql is the truth, and a test compares the two. Rows never leave `store`.
 * Instants travel as text (`formatInstant`), never as `Date`, and ids of Postgres's `uuid` as lower-case text.
 */
export interface Database {
  events: EventsTable
  workspaces: WorkspacesTable
  coverage: CoverageTable
  poll_runs: PollRunsTable
  quarantine: QuarantineTable
}

type InstantColumn = ColumnType<string, string, string>

interface EventsTable {
  workspace_id: string
  event_id: string
  event_type: string
  created_at: InstantColumn
  occurred_at: InstantColumn | null
  body: string
  webhook_at: InstantColumn | null
  poll_at: InstantColumn | null
  ingested_at: Generated<string>
}

interface WorkspacesTable {
  workspace_id: string
  name: string | null
  learned_from: 'configured' | 'upstream' | 'webhook'
  config_key: string
  learned_at: Generated<string>
}

interface CoverageTable {
  workspace_id: string
  ranges: string
  updated_at: Generated<string>
}

interface PollRunsTable {
  workspace_id: string
  started_at: InstantColumn
  finished_at: InstantColumn
  outcome: 'complete' | 'partial' | 'failed'
  pages: number
  events_seen: number
  events_new: number
  error: string | null
}

interface QuarantineTable {
  quarantine_id: Generated<string>
  workspace_id: string
  body_sha256: Uint8Array
  path: 'webhook' | 'poll'
  reason: string
  detail: string
  body: Uint8Array
  times_seen: Generated<number>
  first_seen_at: Generated<string>
  last_seen_at: Generated<string>
}
