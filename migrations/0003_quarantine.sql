-- Verified input that could not be used, kept with its reason until someone decides (I11). The same bytes are kept once
-- and counted: a bad item in a listing is met again at every poll.
create table quarantine (
  quarantine_id bigint generated always as identity,
  workspace_id uuid not null,
  -- The same body has the same digest. Where the body is sealed, the digest is keyed, so that it reveals nothing.
  body_digest bytea not null,
  -- How the item came first. 'sessions': in a listing of client sessions.
  path text not null check (path in ('webhook', 'poll', 'sessions')),
  reason text not null,
  detail text not null,
  -- Either sealed whole, or in the clear without what looked like a PIN (I9).
  body bytea not null,
  is_sealed boolean not null,
  times_seen integer not null default 1,
  -- Whether Seam lists it, so that the copy is complete except for it.
  was_listed boolean not null default false,
  first_seen_at timestamptz not null default clock_timestamp(),
  last_seen_at timestamptz not null default clock_timestamp(),
  primary key (workspace_id, quarantine_id),
  unique (workspace_id, body_digest)
);
