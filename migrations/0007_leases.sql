-- Which process polls a workspace (I13). A lease is taken by whoever finds it free or expired, and token grows with every
-- change of hands: a holder that was asleep is told apart from the one that took over.
create table leases (
  workspace_id uuid primary key,
  holder uuid not null,
  token bigint not null,
  expires_at timestamptz not null
);
