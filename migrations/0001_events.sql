-- Events, once each: (workspace_id, event_id) is unique for ever (I3).
--
-- body is json, not jsonb, because an event is served as it was received (I7), and jsonb reorders keys, rewrites numbers and refuses \u0000.
-- The id columns repeat what is in body so that every filter of /events/list has a btree that also gives the order
-- (newest first, ties by event_id), and no more rows are read than are asked for. The indexes on ids are partial, because
-- an event carries only three or four of the ids and is then written to no other index.
create table events (
  workspace_id uuid not null,
  event_id uuid not null,
  event_type text,
  created_at timestamptz not null,
  occurred_at timestamptz,
  device_id uuid,
  connected_account_id uuid,
  access_code_id uuid,
  acs_system_id uuid,
  connect_webview_id uuid,
  access_method_id uuid,
  space_id uuid,
  acs_user_id uuid,
  acs_credential_id uuid,
  acs_encoder_id uuid,
  acs_access_group_id uuid,
  user_identity_id uuid,
  access_grant_ids uuid[],
  acs_entrance_ids uuid[],
  customer_key text,
  -- Which values of the event its columns could not hold, and why ('customer_key: too long'); nearly always null. The event is stored and
  -- served all the same, but not found by that column.
  left_out text,
  -- The event as received, with masks in the place of its secrets (I9).
  body json not null,
  -- What the masks stand for, encrypted. Null when there was nothing to take out, or no key to keep it with.
  secrets bytea,
  -- Sightings: when each path first brought the event, by the database's clock.
  webhook_at timestamptz,
  poll_at timestamptz,
  ingested_at timestamptz not null default clock_timestamp(),
  -- Which transaction brought the event; never changes. See events_by_arrival.
  arrival_transaction xid8 not null default pg_current_xact_id(),
  primary key (workspace_id, event_id),
  check (webhook_at is not null or poll_at is not null)
);

create index events_by_time on events (workspace_id, created_at desc, event_id);
-- For lists in the order in which things happened. Events that don't say when stand where they were created.
create index events_by_occurred_at on events (workspace_id, coalesce(occurred_at, created_at) desc, event_id);
-- The account stands last, so that a rare type of one account is found among everybody's in the index, without reading the rows and
-- without an index of its own (among 5,000,000 events it took 1,800 buffers without it).
create index events_by_event_type on events (workspace_id, event_type, created_at desc, event_id, connected_account_id);
create index events_by_device_id on events (workspace_id, device_id, created_at desc, event_id) where device_id is not null;
-- For a dashboard of one door: without this index, a rare type would be looked for among all events of a busy device.
create index events_by_device_id_and_type on events (workspace_id, device_id, event_type, created_at desc, event_id) where device_id is not null;
create index events_by_connected_account_id on events (workspace_id, connected_account_id, created_at desc, event_id) where connected_account_id is not null;
create index events_by_access_code_id on events (workspace_id, access_code_id, created_at desc, event_id) where access_code_id is not null;
create index events_by_acs_system_id on events (workspace_id, acs_system_id, created_at desc, event_id) where acs_system_id is not null;
create index events_by_connect_webview_id on events (workspace_id, connect_webview_id, created_at desc, event_id) where connect_webview_id is not null;
create index events_by_access_method_id on events (workspace_id, access_method_id, created_at desc, event_id) where access_method_id is not null;
create index events_by_space_id on events (workspace_id, space_id, created_at desc, event_id) where space_id is not null;
create index events_by_acs_user_id on events (workspace_id, acs_user_id, created_at desc, event_id) where acs_user_id is not null;
create index events_by_acs_credential_id on events (workspace_id, acs_credential_id, created_at desc, event_id) where acs_credential_id is not null;
create index events_by_acs_encoder_id on events (workspace_id, acs_encoder_id, created_at desc, event_id) where acs_encoder_id is not null;
create index events_by_acs_access_group_id on events (workspace_id, acs_access_group_id, created_at desc, event_id) where acs_access_group_id is not null;
create index events_by_user_identity_id on events (workspace_id, user_identity_id, created_at desc, event_id) where user_identity_id is not null;
create index events_by_customer_key on events (workspace_id, customer_key, created_at desc, event_id) where customer_key is not null;
-- Arrays need GIN, which can hold neither the workspace nor the order. That is enough: the ids are unique across workspaces and have few events.
create index events_by_access_grant_ids on events using gin (access_grant_ids) where access_grant_ids is not null;
create index events_by_acs_entrance_ids on events using gin (acs_entrance_ids) where acs_entrance_ids is not null;

-- The coverage report counts these events. The index is empty or nearly so.
create index events_by_left_out on events (workspace_id, left_out) where left_out is not null;

-- The order of arrival (I8): by transaction, and within a transaction, whose events become visible together, by event id. It is read by
-- src/store/events/read-arrivals.ts, whose comment says why that skips nothing. A sequence could not take the transaction's place: its
-- numbers are given out before the commit, so a higher one may be visible while a lower one is still to come.
--
-- Alternatives: commit timestamps (track_commit_timestamp) are off by default, and neither indexed nor unique. A counter row that is locked
-- until the commit makes the writers of a workspace wait for each other's fsync. Logical decoding gives the true commit order, but needs
-- wal_level = logical, a slot that keeps WAL while nobody reads, and a connection that no transaction-mode pooler can carry.
create index events_by_arrival on events (workspace_id, arrival_transaction, event_id);
