-- What events tell about devices, for questions about now. It is derived: store/folds/fold-page.ts keeps it, and what is not folded yet is
-- read from events together with it. The state at an instant of the past is read from events alone.

-- Which devices events have named, and with which account: the nil UUID where an event names none.
create table device_accounts (
  workspace_id uuid not null,
  device_id uuid not null,
  connected_account_id uuid not null,
  primary key (workspace_id, device_id, connected_account_id)
);

create index device_accounts_by_connected_account_id on device_accounts (workspace_id, connected_account_id, device_id);

-- What the newest events tell (domain/device-facts.ts). No row: no event ever told.
create table device_states (
  workspace_id uuid not null,
  device_id uuid not null,
  facet text not null,
  -- Null when the newest event does not say.
  state text,
  -- The event that began the state: when it was created, when it happened, and what it says more, by facet. json, because numbers stay as
  -- they were written.
  since timestamptz not null,
  occurred_at timestamptz,
  event_id uuid not null,
  details json,
  -- The newest event that tells the state. It is another one when several told the same.
  newest_at timestamptz not null,
  newest_id uuid not null,
  -- Whether an event that told another state came before. Otherwise events that told the same may have been deleted.
  is_bounded boolean not null,
  primary key (workspace_id, device_id, facet)
)
-- Locks are updated all the time. With room on its page, an updated row stays there and the index is not touched.
with (fillfactor = 80);
