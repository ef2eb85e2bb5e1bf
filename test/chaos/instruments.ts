/**
 * What the laboratory puts into its databases beside the service's own tables. All of it looks only at sessions of replicas, which
 * it knows by their application_name; the laboratory's own statements pass untouched.
 *
 * - `trouble`: while a SQLSTATE stands here, statements that write fail with it, at this rate, after they have done their work.
 *   A real full disk would end Postgres as often as not; what the service sees of one is an error of class 53, and that is this.
 * - `lease_changes` and `coverage_moves`: who took the lease, who moved coverage while who held it (I13), and what was claimed by it when (I6).
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
  -- When and by which transaction; no other from "unended" on had ended yet, so what those stored was not there.
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

/** Moves of coverage by a process other than the one that took the lease that stood at that moment. */
export const STOLEN_MOVES_SQL = `
select moves.app as mover, taken.app as "leaseTakenBy"
from chaos.coverage_moves as moves
left join lateral (select app from chaos.lease_changes where holder = moves.holder limit 1) as taken on true
where taken.app is distinct from moves.app`

/** Fencing tokens that did not grow although the lease changed hands. */
export const SHRUNK_TOKENS_SQL = `
select token::text, before::text from (
  select token, lag(token) over (order by seq) as before from chaos.lease_changes
) as changes where token <= before`

/** Moves of coverage ($2: that of this workspace) to more than had settled by Seam's clock, which is so far ($1, an interval) from the database's. */
export const EARLY_MOVES_SQL = `
select upper(ranges)::text as "to", (at + $1::interval)::text as horizon from chaos.coverage_moves
where workspace_id = $2 and upper(ranges) > at + $1::interval order by seq limit 20`

/** Events ($1: of this workspace, $2: but for these) that a move of coverage has claimed, and that only a transaction stored that had not ended then. */
export const PREMATURE_MOVES_SQL = `
select event_id::text as id, created_at::text as "createdAt", min(at)::text as at
from events e join chaos.coverage_moves m using (workspace_id)
where workspace_id = $1 and e.arrival_transaction >= m.unended and e.arrival_transaction <> m.transaction
  and m.ranges @> e.created_at and event_id <> all($2::uuid[])
group by event_id, created_at`
