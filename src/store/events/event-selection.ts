import type { SelectableArrival } from './stored-arrival.ts'
import type { EventFilter, EventVisibility } from './event-query.ts'
import { EVENT_FIELDS } from '../../domain/event-fields.ts'
import { formatInstant, type Micros } from '../../domain/instant.ts'
import { isUuid } from '../../domain/uuid.ts'
import { joinSql, rawSql, type Sql, sql } from '../../postgres/sql.ts'
import { filterSql } from './event-filter-sql.ts'
import { visibilityConditions } from './visible-events-sql.ts'

/** Which events somebody follows: those that may be seen and that all filters select. */
export interface EventSelection {
  visibility: EventVisibility
  filters: readonly EventFilter[]
  /** Only events created after this instant, not at it. */
  createdAfter?: Micros | undefined
}

/** The selection as a condition on rows of `events`. */
export function selectionSql({ visibility, filters, createdAfter }: EventSelection): Sql {
  const conditions = [
    ...(createdAfter === undefined ? [] : [sql`created_at > ${formatInstant(createdAfter)}`]),
    ...visibilityConditions(visibility),
    ...filters.map(filterSql),
  ]
  return conditions.length === 0 ? EVERYTHING : joinSql(conditions, ' and ')
}

const EVERYTHING = rawSql('true')

type Judge = (event: SelectableArrival) => boolean

/**
 * The same selection as a function, for events that many read at once. It must agree with the condition; a test compares the two over
 * random events and selections.
 */
export function selectionOf({ visibility, filters, createdAfter }: EventSelection): Judge {
  const judges: Judge[] = filters.map(judgeOf)
  if (createdAfter !== undefined) judges.push(({ createdAt }) => createdAt > createdAfter)
  if (visibility.kind === 'only') {
    const isOfAccount = judgeOf({ column: 'connected_account_id', values: visibility.connectedAccountIds })
    const isOfWebview = judgeOf({ column: 'connect_webview_id', values: visibility.connectWebviewIds })
    judges.push((event) => isOfAccount(event) || isOfWebview(event))
  }
  return (event) => judges.every((judge) => judge(event))
}

const TEXT_COLUMNS = new Set([
  'event_type',
  ...EVENT_FIELDS.flatMap(({ column, type }) => (type === 'text' ? [column] : [])),
])

/** Ids are compared in lower case, as Postgres shows them; texts as they are. */
function judgeOf({ column, values }: EventFilter): Judge {
  const isText = TEXT_COLUMNS.has(column)
  const wanted = new Set(isText ? values : values.filter(isUuid).map((id) => id.toLowerCase()))
  return ({ eventId, columns }) => {
    const value = column === 'event_id' ? eventId : (columns[column] ?? null)
    if (value === null) return false
    return typeof value === 'string' ? wanted.has(value) : value.some((each) => wanted.has(each))
  }
}
