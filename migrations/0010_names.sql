-- What people call the things behind the ids of events: a device, a person, a space. Copied from Seam's lists. A thing that the lists no
-- longer have keeps its last name and is marked gone, because events of the past still name its id.
--
-- Names are personal data and no secrets: codes are never stored here (names/read-item.ts).
create table names (
  workspace_id uuid not null,
  id uuid not null,
  kind text not null check (kind in ('device', 'connected_account', 'access_code', 'space', 'user_identity', 'acs_system', 'acs_entrance', 'acs_user', 'acs_credential')),
  -- Null when Seam shows none.
  name text,
  -- The name as it is searched and sorted by (domain/fold-name.ts); empty without a name. The collation makes it the same on every server.
  folded text collate "C" not null,
  -- These two for devices only.
  device_type text,
  manufacturer text,
  -- The account that the thing belongs to, by which client sessions see it (I10); null for spaces and user identities, which have none.
  connected_account_id uuid,
  -- The spaces that a device or an entrance is in.
  space_ids uuid[] not null default '{}',
  -- json, because jsonb refuses \u0000.
  custom_metadata json,
  -- The instant that the row is true of: when the listing was asked for, or when the event that brought it was created. Older knowledge
  -- never replaces newer.
  as_of timestamptz not null,
  gone_at timestamptz,
  primary key (workspace_id, id)
);

-- The order of /v1/names/list; and a search for a part of a name reads it from one end to the other, without the rows.
create index names_by_name on names (workspace_id, kind, folded, id);
create index names_by_connected_account_id on names (workspace_id, connected_account_id) where connected_account_id is not null;

-- How the last listing of each kind went. A failed one never looks like a success, because outcome has no default.
create table name_syncs (
  workspace_id uuid not null,
  kind text not null,
  outcome text not null check (outcome in ('complete', 'failed')),
  -- Null after a success.
  error text,
  -- Failed listings since the last success.
  failures integer not null default 0,
  finished_at timestamptz not null,
  -- The newest stored listing: when its storing ended, when it was asked for, and how many things it had. Null before the first.
  succeeded_at timestamptz,
  listed_at timestamptz,
  listed integer,
  primary key (workspace_id, kind)
);
