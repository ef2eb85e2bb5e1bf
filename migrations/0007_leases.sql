-- Which process polls a workspace (I13). A lease is taken by whoever finds it free or expired, and token grows with every
-- change of hands: a holder that was asleep is told apart from the one that took over.
create table leases (
  workspace_id uuid primary key,
  holder uuid not null,
  token bigint not null,
  expires_at timestamptz not null,
  -- How long the holders have polled, added up, by their own monotonic clocks. So much time has passed at least, whatever Seam's
  -- and the database's clocks have said meanwhile (I6).
  watched interval not null default '0'
);

-- How far coverage reached after how much of that time: a row for every five minutes, kept for a week. When Seam's and the database's
-- clocks both turn out to have been ahead, it tells from where on coverage can't be believed (store/coverage/trim-coverage.ts).
create table coverage_steps (
  workspace_id uuid not null,
  watched interval not null,
  covered_to timestamptz not null,
  primary key (workspace_id, watched)
);
