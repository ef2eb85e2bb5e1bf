-- Keys of the read API, as hashes: a key is shown once, at its creation, and cannot be read here (I9). The table is small, so every
-- node of a distributed Postgres would hold it whole, and its primary key needs no workspace.
create table api_keys (
  -- The short part of the key itself; it finds the row, and is no secret.
  key_id text primary key,
  kind text not null check (kind in ('api_key', 'access_token')),
  name text not null,
  -- SHA-256 of the whole key. Its 24 random base58 characters (140 bits) need no slow hash.
  key_sha256 bytea not null,
  -- One workspace for an API key; for an access token, all workspaces it may be used for.
  workspace_ids uuid[] not null check (cardinality(workspace_ids) > 0 and (kind = 'access_token' or cardinality(workspace_ids) = 1)),
  scopes text[] not null check (cardinality(scopes) > 0),
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz,
  revoked_at timestamptz,
  last_used_at timestamptz
);
