/**
 * What the laboratory puts into its databases beside the service's own tables. All of it looks only at sessions of replicas, which
 * it knows by their application_name; the laboratory's own statements pass untouched.
 *
 * - `trouble`: while a SQLSTATE stands here, statements that write fail with it, at this rate, after they have done their work.
 *   A real full disk would end Postgres as often as not; what the service sees of one is an error of class 53, and that is this.
 * - `lease_changes` and `coverage_moves`: who took the lease, and who moved coverage while who held it (I13).
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

create table chaos.coverage_moves (seq bigint generated always as identity, holder uuid, app text);
create function chaos.note_coverage() returns trigger language plpgsql as $$
begin
  insert into chaos.coverage_moves (holder, app)
  select (select holder from leases where workspace_id = new.workspace_id), current_setting('application_name');
  return null;
end $$;
create trigger chaos_note after insert or update on coverage for each row execute function chaos.note_coverage();
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
