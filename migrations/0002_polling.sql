-- The workspaces this database mirrors.
create table workspaces (
  workspace_id uuid primary key,
  name text,
  -- How the id came to be known: 'configured', 'upstream' (/workspaces/get) or 'webhook' (the first verified delivery).
  learned_from text not null check (learned_from in ('configured', 'upstream', 'webhook')),
  -- The configuration entry it belongs to ('default', or the name in SEAM_MIRROR_WORKSPACES_FILE).
  config_key text unique not null,
  learned_at timestamptz not null default clock_timestamp()
);

-- The creation-time ranges in which the copy is proven complete (I4 to I6). Only a page's own transaction adds to it.
create table coverage (
  workspace_id uuid primary key,
  ranges tstzmultirange not null default '{}',
  updated_at timestamptz not null default clock_timestamp()
);

-- One row for each run of the poller. Runs are numbered in the order in which they ended, so that a clock that was ahead for a while cannot
-- make an old run the last one. outcome has no default, so that a failed run is never shown as a success.
create table poll_runs (
  workspace_id uuid not null,
  run_id bigint generated always as identity,
  -- By the database's clock, which all replicas share.
  started_at timestamptz not null,
  finished_at timestamptz not null,
  outcome text not null check (outcome in ('complete', 'partial', 'failed')),
  pages integer not null,
  events_seen integer not null,
  events_new integer not null,
  error text,
  -- The kind of error: 'credentials', 'busy', … (seam/seam-error.ts), or null.
  error_kind text,
  -- Whether Seam's clock could be believed at the last answer, and by how much it was ahead of the database's (walk/judge-clocks.ts);
  -- null when there was no answer.
  clock text check (clock in ('agree', 'apart', 'missing', 'unreadable', 'implausible')),
  clock_ahead_seconds double precision,
  primary key (workspace_id, run_id)
);
