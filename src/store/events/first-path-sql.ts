import { rawSql } from '../../postgres/sql.ts'

/** The path that brought an event first: 'webhook' or 'poll'. It never changes, because the second sighting is always the later one. */
export const FIRST_PATH_SQL = rawSql(
  "case when poll_at is null or webhook_at < poll_at then 'webhook' else 'poll' end",
)
