-- Roll-ups of events, so that statistics of a whole workspace need not read its events. They are derived: store/folds/fold-page.ts adds the
-- events in the order of their arrival, and what was not added yet is read from events together with the roll-ups (store/stats). So at any
-- moment the two together are what counting the events would give (I16).
--
-- A row counts the events of one UTC hour, in four quarters: a quarter is the largest piece of time from which the hours and days of
-- all time zones can be put together. There are three cuts through the same events, each with all of them: by type, by account, and 'all',
-- by neither. A question never sums over what it does not ask for: a year by day reads 8,760 rows of 'all', not 500,000. There is no cut by
-- type and account together, because it would have nearly as many rows as there are events (4.4 of 5 million in a workspace with 40
-- accounts). Such a question is counted from the events.
create table event_counts (
  workspace_id uuid not null,
  cut text not null check (cut in ('all', 'type', 'account')),
  hour timestamptz not null,
  -- Empty where the cut is not by type, and for events without one.
  event_type text not null,
  -- The nil UUID where the cut is not by account, and for events without one. A null would not be unique before Postgres 15.
  connected_account_id uuid not null,
  -- Which path brought the event first. A later sighting does not change that (store/events/first-path-sql.ts).
  path text not null check (path in ('webhook', 'poll')),
  -- Events created in each quarter of the hour.
  q0 integer not null,
  q1 integer not null,
  q2 integer not null,
  q3 integer not null,
  primary key (workspace_id, cut, hour, event_type, connected_account_id, path)
)
-- The rows of the current hour are updated all the time. With room on its page, an updated row stays there and the index is not touched.
with (fillfactor = 80);

-- How far the order of arrival (events_by_arrival) is folded. Whoever changes what is folded locks this row first.
create table folds (
  workspace_id uuid primary key,
  -- The Postgres server whose transactions the cursor counts (pg_control_system). What was folded on another server, before a dump and
  -- restore, is folded anew. 0: nothing is folded.
  server bigint not null default 0,
  -- The cursor: everything up to and including this event is folded.
  arrival_transaction xid8 not null default '0',
  event_id uuid not null default '00000000-0000-0000-0000-000000000000',
  folded_events bigint not null default 0,
  updated_at timestamptz not null default clock_timestamp()
);
