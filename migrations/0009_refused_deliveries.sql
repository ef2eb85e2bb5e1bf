-- Counts of refused deliveries, by hour and reason. The deliveries are not stored, because nobody has proven who sent them, but they must
-- not go unseen (I11). Each replica adds its counts at most once a minute.
create table refused_deliveries (
  hour timestamptz not null,
  reason text not null,
  deliveries bigint not null,
  -- The largest difference of the sender's clock; negative when it was ahead.
  worst_skew_seconds bigint,
  last_at timestamptz not null,
  primary key (hour, reason)
);
