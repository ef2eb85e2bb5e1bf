-- The key that page cursors are authenticated with. It is in the database because every replica must accept the others' cursors, and in
-- the clear because it protects no data: a cursor is only ever used within its caller's own query.
create table page_cursor_key (
  key bytea not null,
  only_row boolean primary key default true check (only_row)
);
insert into page_cursor_key (key)
values (sha256((gen_random_uuid()::text || gen_random_uuid()::text)::bytea));
