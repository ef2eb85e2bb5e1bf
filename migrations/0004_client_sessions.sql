-- Client sessions as Seam's newest listing showed them. body is the session's exact text with a mask where its token was (I7, I9).
--
-- Ids are text: the contract (8.1) filters by plain text where the object (13) declares a UUID, and one id in an unknown form
-- must not stop the whole listing. UUIDs among them are in lower case.
--
-- A deleted session keeps its row, without its token. A session that was deleted before it was ever listed has a row with
-- only the key and deleted_at, so that a listing which was asked for before the deletion and is stored after it does not
-- bring the session back (see save-listed-sessions.ts).
create table client_sessions (
  workspace_id uuid not null,
  client_session_id text not null check (char_length(client_session_id) between 1 and 200),
  user_identifier_key text,
  user_identity_ids text[] not null default '{}',
  connect_webview_ids text[] not null default '{}',
  connected_account_ids text[] not null default '{}',
  -- Null when it could not be read.
  created_at timestamptz,
  -- Null when the session has none. A time that cannot be read counts as long past.
  expires_at timestamptz,
  body json,
  -- SHA-256 of the token; null when the token is not, or no longer, a credential.
  token_sha256 bytea,
  -- What the masks in body stand for, sealed; null without a secrets key.
  token_sealed bytea,
  -- Digest of everything the row was made of (sessions/apply-listing.ts). A listing with the same digest has nothing to store.
  listed_digest bytea,
  -- When we heard of the deletion, or asked for the listing that no longer had the session; by the database's clock.
  deleted_at timestamptz,
  -- Since when no believable listing has shown the session. Until that is settled it is not deleted, but its token is not accepted.
  unconfirmed_since timestamptz,
  first_seen_at timestamptz not null default clock_timestamp(),
  -- When a listing last changed the row.
  synced_at timestamptz,
  primary key (workspace_id, client_session_id),
  check (deleted_at is not null or body is not null),
  check (deleted_at is null or (token_sha256 is null and token_sealed is null and unconfirmed_since is null))
);

create index client_sessions_by_time on client_sessions (workspace_id, created_at desc nulls last, client_session_id) where deleted_at is null;
create index client_sessions_by_token on client_sessions (token_sha256) where token_sha256 is not null;
create index client_sessions_unconfirmed on client_sessions (workspace_id) where unconfirmed_since is not null;
-- A hash, because a customer's own text may be longer than a btree entry can hold.
create index client_sessions_by_user_identifier_key on client_sessions using hash (user_identifier_key) where deleted_at is null;
create index client_sessions_by_user_identity_ids on client_sessions using gin (user_identity_ids) where deleted_at is null;
create index client_sessions_by_connect_webview_ids on client_sessions using gin (connect_webview_ids) where deleted_at is null;

-- How the last sync of each workspace went. A failed sync never looks like a success, because outcome has no default, and
-- succeeded_at and listing_asked_at move only in the transaction that ends the storing of a listing.
create table client_session_syncs (
  workspace_id uuid primary key,
  -- Null before the first sync has ended.
  outcome text check (outcome in ('complete', 'failed')),
  -- Null after a success.
  error text,
  -- Failed syncs since the last success.
  failures integer not null default 0,
  finished_at timestamptz,
  succeeded_at timestamptz,
  -- When the newest listing whose storing has begun was asked for, by the database's clock. Only a newer listing may replace it.
  claimed_at timestamptz,
  -- When a part of that listing was stored last; null once it has ended. While this is recent, no other listing is stored.
  part_stored_at timestamptz,
  -- The stored listing: when it was asked for, how many sessions it had, how many of them could not be used, and how many sessions
  -- it left unconfirmed.
  listing_asked_at timestamptz,
  sessions_listed integer,
  sessions_unusable integer,
  sessions_unconfirmed integer
);

-- The workspace as Seam describes it, without its publishable key; null until it was asked for.
alter table workspaces add column body json;
