-- One row for each audit, which reads time that coverage calls complete again. An audit that failed, or could not prove its range
-- again, is never shown as a success: outcome has no default, and only 'clean' says that nothing was missing.
create table audit_runs (
  workspace_id uuid not null,
  -- Part of the key, because two processes may begin an audit in the same millisecond (one by schedule, one by command).
  audit_id uuid not null,
  started_at timestamptz not null,
  finished_at timestamptz not null,
  trigger text not null check (trigger in ('schedule', 'command')),
  -- The creation times [from, to) that were judged. Only the covered time in between was.
  range_from timestamptz not null,
  range_to timestamptz not null,
  -- 'clean': proven again, nothing was missing; 'found': proven again, something was missing and is stored now;
  -- 'incomplete': not all of it could be proven again; 'failed': an error ended it. These two may have found events as well.
  outcome text not null check (outcome in ('clean', 'found', 'incomplete', 'failed')),
  pages integer not null,
  events_seen integer not null,
  -- Events in covered time that neither path had brought.
  events_missing integer not null,
  -- The ids of the first twenty.
  missing_event_ids uuid[] not null default '{}',
  -- The settle time when the audit ran. It is suspect when an event became visible later than that after its created_at;
  -- longest_delay_seconds is the longest time from a missing event's created_at to the answer that showed it.
  settle_seconds integer not null,
  settle_time_suspect boolean not null,
  longest_delay_seconds bigint,
  error text,
  primary key (workspace_id, audit_id),
  check (outcome <> 'clean' or (events_missing = 0 and error is null))
);

create index audit_runs_by_time on audit_runs (workspace_id, started_at desc);
