-- Which process polls a workspace (I13). Whoever finds a lease free or expired may take it. token grows with every change of
-- hands, so that a holder that was asleep is told apart from the one that took over.
create table leases (
  workspace_id uuid primary key,
  holder uuid not null,
  token bigint not null,
  expires_at timestamptz not null,
  -- How long the holders have polled in all, by their own monotonic clocks. At least this much time has passed, whatever Seam's and
  -- the database's clocks have said meanwhile (I6).
  watched interval not null default '0'
);

-- How far coverage reached after how much watched time: a row for every five minutes, kept for a week. When Seam's and the database's
-- clocks both turn out to have been ahead, the rows tell from where on coverage cannot be believed (store/coverage/trim-coverage.ts).
create table coverage_steps (
  workspace_id uuid not null,
  watched interval not null,
  covered_to timestamptz not null,
  primary key (workspace_id, watched)
);
