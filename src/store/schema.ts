import type { ColumnType, Generated } from 'kysely'

/**
 * The tables as Kysely sees them. The truth is in migrations/*.sql, and a test compares the two. Rows never leave `store`. Instants
 * travel as text (`formatInstant`), never as `Date`; a `uuid` travels as lower-case text.
 */
export interface Database {
  events: EventsTable
  workspaces: WorkspacesTable
  coverage: CoverageTable
  poll_runs: PollRunsTable
  audit_runs: AuditRunsTable
  quarantine: QuarantineTable
  client_sessions: ClientSessionsTable
  client_session_syncs: ClientSessionSyncsTable
}

type InstantColumn = ColumnType<string, string, string>

interface EventsTable {
  workspace_id: string
  event_id: string
  event_type: string | null
  created_at: InstantColumn
  occurred_at: InstantColumn | null
  body: string
  left_out: string | null
  secrets: Uint8Array | null
  webhook_at: InstantColumn | null
  poll_at: InstantColumn | null
  ingested_at: Generated<string>
  arrival_transaction: Generated<string>
}

interface WorkspacesTable {
  workspace_id: string
  name: string | null
  learned_from: 'configured' | 'upstream' | 'webhook'
  config_key: string
  learned_at: Generated<string>
  body: string | null
}

interface CoverageTable {
  workspace_id: string
  ranges: string
  updated_at: Generated<string>
}

interface PollRunsTable {
  workspace_id: string
  run_id: Generated<string>
  started_at: InstantColumn
  finished_at: InstantColumn
  outcome: 'complete' | 'partial' | 'failed'
  pages: number
  events_seen: number
  events_new: number
  error: string | null
  error_kind: string | null
  clock: 'agree' | 'apart' | 'missing' | 'unreadable' | 'implausible' | null
  clock_ahead_seconds: number | null
}

interface AuditRunsTable {
  workspace_id: string
  audit_id: string
  started_at: InstantColumn
  finished_at: InstantColumn
  trigger: 'schedule' | 'command'
  range_from: InstantColumn
  range_to: InstantColumn
  outcome: 'clean' | 'found' | 'incomplete' | 'failed'
  pages: number
  events_seen: number
  events_missing: number
  missing_event_ids: Generated<string[]>
  settle_seconds: number
  settle_time_suspect: boolean
  longest_delay_seconds: string | null
  error: string | null
}

interface QuarantineTable {
  quarantine_id: Generated<string>
  workspace_id: string
  body_digest: Uint8Array
  path: 'webhook' | 'poll' | 'sessions'
  reason: string
  detail: string
  body: Uint8Array
  is_sealed: boolean
  times_seen: Generated<number>
  was_listed: Generated<boolean>
  first_seen_at: Generated<string>
  last_seen_at: Generated<string>
}

interface ClientSessionsTable {
  workspace_id: string
  client_session_id: string
  user_identifier_key: string | null
  user_identity_ids: Generated<string[]>
  connect_webview_ids: Generated<string[]>
  connected_account_ids: Generated<string[]>
  created_at: InstantColumn | null
  expires_at: InstantColumn | null
  body: string | null
  token_sha256: Uint8Array | null
  token_sealed: Uint8Array | null
  listed_digest: Uint8Array | null
  deleted_at: InstantColumn | null
  unconfirmed_since: InstantColumn | null
  first_seen_at: Generated<string>
  synced_at: InstantColumn | null
}

interface ClientSessionSyncsTable {
  workspace_id: string
  outcome: 'complete' | 'failed' | null
  error: string | null
  failures: Generated<number>
  finished_at: InstantColumn | null
  succeeded_at: InstantColumn | null
  claimed_at: InstantColumn | null
  listing_asked_at: InstantColumn | null
  sessions_listed: number | null
  sessions_unusable: number | null
  sessions_unconfirmed: number | null
}
