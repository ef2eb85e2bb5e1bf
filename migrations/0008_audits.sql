-- One row for each audit (re-reading of time that coverage calls complete). An audit that failed, or could not prove its range
-- again, is never shown as a success: outcome has no default, and only 'clean' says that all of it was there.
create table audit_runs (
  workspace_id uuid not null,
  -- Two processes may begin one in the same millisecond (the schedule of one, the command of another).
  audit_id uuid not null,
  started_at timestamptz not null,
  finished_at timestamptz not null,
  trigger text not null check (trigger in ('schedule', 'command')),
  -- Creation times [from, to) of what was judged; only covered time in between was.
  range_from timestamptz not null,
  range_to timestamptz not null,
  -- 'clean': proven again, nothing was missing; 'found': proven again, something was missing and is stored now;
  -- 'incomplete': not all of it could be proven again; 'failed': an error ended it. Either of these may have found events, too.
  outcome text not null check (outcome in ('clean', 'found', 'incomplete', 'failed')),
  pages integer not null,
  events_seen integer not null,
  -- Events in covered time that neither path had brought.
  events_missing integer not null,
  -- Of the first twenty.
  missing_event_ids uuid[] not null default '{}',
  -- The settle time when it ran, and what speaks against it: an event became visible later than that after its created_at, by
  -- longest_delay_seconds at the latest (the time from its created_at to the answer that showed it).
  settle_seconds integer not null,
  settle_time_suspect boolean not null,
  longest_delay_seconds bigint,
  error text,
  primary key (workspace_id, audit_id),
  check (outcome <> 'clean' or (events_missing = 0 and error is null))
);

create index audit_runs_by_time on audit_runs (workspace_id, started_at desc);
