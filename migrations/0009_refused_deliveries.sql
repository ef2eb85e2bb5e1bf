-- Deliveries that were refused, by hour and reason: they are not stored (nobody has proven who sent them), but must not go unseen (I11).
-- Each replica adds what it has counted, once a minute at most.
create table refused_deliveries (
  hour timestamptz not null,
  reason text not null,
  deliveries bigint not null,
  -- By how much the sender's clock differed at the worst; negative when it was ahead.
  worst_skew_seconds bigint,
  last_at timestamptz not null,
  primary key (hour, reason)
);
