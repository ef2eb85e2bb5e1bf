/**
 * What the laboratory adds to its databases besides the service's own tables. It knows the sessions of replicas by their application_name.
 * The laboratory's own statements never fail because of it.
 *
 * - `trouble`: while it has a SQLSTATE, this share of the writing statements of replicas fails with it after their work. A real full disk
 *   would often end Postgres. The service would see an error of class 53, which is what this raises.
 * - `lease_changes`: who took the lease when.
 * - `coverage_moves`: who moved coverage while who held the lease (I13), and what was claimed at which moment (I6).
 * - `session_deletions`: client sessions that were marked as deleted (I10).
 */
export const INSTRUMENTS_SQL = `
create schema chaos;

create table chaos.trouble (sqlstate text, rate double precision not null, only_row boolean primary key default true check (only_row));
insert into chaos.trouble values (null, 0);
create function chaos.cause_trouble() returns trigger language plpgsql as $$
declare trouble chaos.trouble;
begin
  select * into trouble from chaos.trouble;
  if trouble.sqlstate is not null and random() < trouble.rate and current_setting('application_name') like 'replica-%' then
    raise exception 'raised by the fault laboratory' using errcode = trouble.sqlstate;
  end if;
  return null;
end $$;
create trigger chaos_trouble after insert or update on events for each statement execute function chaos.cause_trouble();
create trigger chaos_trouble after insert or update on coverage for each statement execute function chaos.cause_trouble();
create trigger chaos_trouble after insert or update on leases for each statement execute function chaos.cause_trouble();
create trigger chaos_trouble after insert or update on poll_runs for each statement execute function chaos.cause_trouble();
create trigger chaos_trouble after insert or update on quarantine for each statement execute function chaos.cause_trouble();

create table chaos.lease_changes (seq bigint generated always as identity, holder uuid, token bigint, app text);
create function chaos.note_lease() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' or new.holder <> old.holder or new.token <> old.token then
    insert into chaos.lease_changes (holder, token, app) values (new.holder, new.token, current_setting('application_name'));
  end if;
  return null;
end $$;
create trigger chaos_note after insert or update on leases for each row execute function chaos.note_lease();

create table chaos.coverage_moves (
  seq bigint generated always as identity, holder uuid, app text, workspace_id uuid, ranges tstzmultirange,
  -- When it was moved, and by which transaction. Other transactions from "unended" on had not ended, so their rows were not visible.
  at timestamptz, transaction xid8, unended xid8);
create function chaos.note_coverage() returns trigger language plpgsql as $$
begin
  insert into chaos.coverage_moves (holder, app, workspace_id, ranges, at, transaction, unended)
  select (select holder from leases where workspace_id = new.workspace_id), current_setting('application_name'),
    new.workspace_id, new.ranges, clock_timestamp(), pg_current_xact_id(), pg_snapshot_xmax(pg_current_snapshot());
  return null;
end $$;
create trigger chaos_note after insert or update on coverage for each row execute function chaos.note_coverage();

create table chaos.session_deletions (client_session_id text);
create function chaos.note_deletion() returns trigger language plpgsql as $$
begin
  insert into chaos.session_deletions values (new.client_session_id);
  return null;
end $$;
create trigger chaos_note after update on client_sessions for each row
  when (old.deleted_at is null and new.deleted_at is not null) execute function chaos.note_deletion();
`

/** Finds moves of coverage by a process that did not hold the lease at that moment. */
export const STOLEN_MOVES_SQL = `
select moves.app as mover, taken.app as "leaseTakenBy"
from chaos.coverage_moves as moves
left join lateral (select app from chaos.lease_changes where holder = moves.holder limit 1) as taken on true
where taken.app is distinct from moves.app`

/** Finds fencing tokens that did not grow although the lease changed hands. */
export const SHRUNK_TOKENS_SQL = `
select token::text, before::text from (
  select token, lag(token) over (order by seq) as before from chaos.lease_changes
) as changes where token <= before`

/** Finds moves of the coverage of workspace $2 beyond its horizon by Seam's clock. $1 is the interval from the database's clock to that horizon. */
export const EARLY_MOVES_SQL = `
select upper(ranges)::text as "to", (at + $1::interval)::text as horizon from chaos.coverage_moves
where workspace_id = $2 and upper(ranges) > at + $1::interval order by seq limit 20`

/** Finds events of workspace $1, without those in $2, that a move of coverage claimed before the transaction that stored them had ended. */
export const PREMATURE_MOVES_SQL = `
select event_id::text as id, created_at::text as "createdAt", min(at)::text as at
from events e join chaos.coverage_moves m using (workspace_id)
where workspace_id = $1 and e.arrival_transaction >= m.unended and e.arrival_transaction <> m.transaction
  and m.ranges @> e.created_at and event_id <> all($2::uuid[])
group by event_id, created_at`
