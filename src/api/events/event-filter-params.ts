import type { EventFilter } from '../../store/events/event-query.ts'
import { EVENT_FIELDS } from '../../domain/event-fields.ts'
import { about, type ParamKind, text, textList, uuid, uuidList } from '../../http/param-kinds.ts'

interface FilterParam {
  parameter: string
  column: string
  kind: ParamKind<string | string[] | undefined>
}

/** Most values of one filter: the query looks for each of them. */
export const MAX_FILTER_VALUES = 10_000
const LIST = { maxItems: MAX_FILTER_VALUES }

/**
 * Every parameter of `/events/list` that filters by a column, from EVENT_FIELDS. Event types are open text: Seam adds some
 * with every release, and an unknown type matches nothing (contract, 6.5).
 */
const FILTER_PARAMS: readonly FilterParam[] = [
  { parameter: 'event_ids', column: 'event_id', kind: about('Only these events', uuidList(LIST)) },
  { parameter: 'event_type', column: 'event_type', kind: about('Only events of this type', text()) },
  {
    parameter: 'event_types',
    column: 'event_type',
    kind: about('Only events of any of these types', textList(LIST)),
  },
  ...EVENT_FIELDS.flatMap(({ column, type, one, many }): FilterParam[] => [
    {
      parameter: one,
      column,
      kind: about(`Only events with this ${one}`, type === 'text' ? text() : uuid()),
    },
    ...(many === undefined
      ? []
      : [
          {
            parameter: many.parameter,
            column,
            kind: about(
              `Only events with any of these ${many.parameter}`,
              type === 'text' ? textList({ ...LIST, ...many }) : uuidList({ ...LIST, ...many }),
            ),
          },
        ]),
  ]),
]

/** The parameters' kinds by name, for `defineParams`. */
export const FILTER_PARAM_KINDS: Readonly<Record<string, FilterParam['kind']>> = Object.fromEntries(
  FILTER_PARAMS.map(({ parameter, kind }) => [parameter, kind]),
)

/** Returns the filters that were given. A parameter and its plural form are two filters, and both apply (contract, 6.1). */
export function eventFilters(params: Readonly<Record<string, unknown>>): EventFilter[] {
  return FILTER_PARAMS.flatMap(({ parameter, column }) => {
    const value = params[parameter] as string | string[] | undefined
    if (value === undefined) return []
    return [{ column, values: typeof value === 'string' ? [value] : value }]
  })
}
