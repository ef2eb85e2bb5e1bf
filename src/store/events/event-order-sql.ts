import { rawSql, type Sql, sql } from '../../postgres/sql.ts'

/** How a list of events is ordered. Its opposite is the exact reverse, ties included, so that the same index gives both. */
export interface EventOrder {
  /** `occurred_at`: events that do not say when they occurred stand where they were created. */
  by: 'created_at' | 'occurred_at'
  direction: 'desc' | 'asc'
}

export const NEWEST_FIRST: EventOrder = { by: 'created_at', direction: 'desc' }

export interface OrderSql {
  /** What the order goes by, of a row of events. */
  key: Sql
  /** `order by …` for rows of events. */
  ofEvents: Sql
  /** The same for a subquery that reads `columns`. */
  ofFound: Sql
  columns: Sql
  /** `>=` or `<=`: what comes no later in the order than a bound. */
  upTo: Sql
  /** The instant that comes last in the order. */
  end: Sql
}

export function orderSql({ by, direction }: EventOrder): OrderSql {
  return ORDERS[by][direction]
}

const KEYS = {
  created_at: rawSql('created_at'),
  occurred_at: rawSql('coalesce(occurred_at, created_at)'),
}

const ORDERS = {
  created_at: { desc: madeOf(KEYS.created_at, 'desc'), asc: madeOf(KEYS.created_at, 'asc') },
  occurred_at: { desc: madeOf(KEYS.occurred_at, 'desc'), asc: madeOf(KEYS.occurred_at, 'asc') },
}

function madeOf(key: Sql, direction: EventOrder['direction']): OrderSql {
  const isDescending = direction === 'desc'
  const rest = rawSql(isDescending ? 'desc, event_id' : 'asc, event_id desc')
  return {
    key,
    ofEvents: sql`order by ${key} ${rest}`,
    ofFound: sql`order by ordered_at ${rest}`,
    columns: sql`${key} as ordered_at, event_id`,
    upTo: rawSql(isDescending ? '>=' : '<='),
    end: rawSql(isDescending ? "'-infinity'" : "'infinity'"),
  }
}

/** The condition for events that come after this one in the order. */
export function followingSql({ by, direction }: EventOrder, at: Sql, eventId: string): Sql {
  const key = KEYS[by]
  // Postgres enters the index by the first half of this condition.
  return direction === 'desc'
    ? sql`${key} <= ${at} and (${key} < ${at} or event_id > ${eventId})`
    : sql`${key} >= ${at} and (${key} > ${at} or event_id < ${eventId})`
}
