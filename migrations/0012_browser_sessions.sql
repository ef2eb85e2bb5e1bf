-- Sessions of browsers: each stands for the credential that it was made with. It has no rights of its own: whenever its cookie comes, the
-- credential's own row says what it may see and whether it is still valid.
create table browser_sessions (
  workspace_id uuid not null,
  -- SHA-256 of the cookie's 32 random bytes, as they stand in the cookie. The cookie itself cannot be read here (I9).
  session_sha256 bytea not null,
  -- Which kind of credential it stands for: a key (or access token), SEAM_MIRROR_API_KEY, or a client session's token.
  kind text not null check (kind in ('key', 'bootstrap_key', 'client_session')),
  -- Finds a key's row; null for other kinds.
  key_id text check ((key_id is not null) = (kind = 'key')),
  -- SHA-256 of the credential.
  credential_sha256 bytea not null,
  created_at timestamptz not null default clock_timestamp(),
  expires_at timestamptz not null,
  primary key (workspace_id, session_sha256)
);

create index browser_sessions_by_session on browser_sessions (session_sha256);
create index browser_sessions_by_credential on browser_sessions (workspace_id, credential_sha256, created_at);
create index browser_sessions_by_end on browser_sessions (expires_at);
