-- Verified input that could not be used, kept with its reason until someone decides (I11). The same bytes are kept once
-- and counted: a bad item in a listing is met again at every poll.
create table quarantine (
  quarantine_id bigint generated always as identity,
  workspace_id uuid not null,
  -- The same for the same body; keyed where the body is sealed, so that it gives nothing away.
  body_digest bytea not null,
  -- How it came; 'sessions': in a listing of client sessions.
  path text not null check (path in ('webhook', 'poll', 'sessions')),
  reason text not null,
  detail text not null,
  -- Sealed whole, or in the clear without what looked like a PIN (I9).
  body bytea not null,
  is_sealed boolean not null,
  times_seen integer not null default 1,
  -- Seam lists it, so the copy is complete but for it; path says only how it came first.
  was_listed boolean not null default false,
  first_seen_at timestamptz not null default clock_timestamp(),
  last_seen_at timestamptz not null default clock_timestamp(),
  primary key (workspace_id, quarantine_id),
  unique (workspace_id, body_digest)
);
