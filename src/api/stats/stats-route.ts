import { completenessIn } from '../../domain/completeness.ts'
import { isTimeZone } from '../../domain/time-zone.ts'
import { inputError } from '../../http/input-error.ts'
import { about, instant, instantPair, oneOf, someOf, text } from '../../http/param-kinds.ts'
import { defineParams } from '../../http/read-params.ts'
import { type TextRoute, textRoute } from '../../http/route.ts'
import { readDatabaseNow } from '../../postgres/read-database-clock.ts'
import type { Db } from '../../store/database.ts'
import { UnknownTimeZoneError } from '../../store/stats/list-bucket-bounds.ts'
import { readStats, type Stats, TooManyCountsError } from '../../store/stats/read-stats.ts'
import { BUCKET_UNITS, STATS_GROUPS, type StatsQuery } from '../../store/stats/stats-query.ts'
import { completenessHeaders } from '../completeness-headers.ts'
import { eventFilters, FILTER_PARAM_KINDS } from '../events/event-filter-params.ts'
import { EVENT_READERS, eventVisibility } from '../events/event-visibility.ts'
import { namesIn } from '../names/names-in.ts'
import { bucketTexts, statsParts } from './stats-text.ts'

const BAD_TIME_ZONE = 'Must be an IANA time zone (such as Europe/Berlin)'

const PARAMS = defineParams(
  {
    ...FILTER_PARAM_KINDS,
    since: about('Count events created at this time or later, until now', instant()),
    between: about(
      'Count events created at the first of these two times or later, and before the second',
      instantPair(),
    ),
    bucket: about('How long a bucket is. Default: day', oneOf(...BUCKET_UNITS)),
    time_zone: about(
      'The IANA time zone in which hours, days, weeks (from Monday) and months begin. Default: SEAM_MIRROR_TIME_ZONE',
      text(),
    ),
    group_by: about('What the counts of a bucket are divided by', someOf(...STATS_GROUPS)),
    include: about(
      'Also answer the names of the devices, accounts and spaces in the groups',
      someOf('names'),
    ),
  },
  {
    problemOf: ({ since, between }) => {
      if (since === undefined && between === undefined) return 'Must specify either since or between'
      return since !== undefined && between !== undefined ? 'Cannot specify both since and between' : null
    },
    unknown: 'refused',
  },
)

export interface StatsRouteOptions {
  db: Db
  /** SEAM_MIRROR_TIME_ZONE. */
  timeZone: string
}

/** `/v1/events/stats`: counts of events in buckets of local time. The window is [from, to), unlike the list's, so that windows add up. */
export function statsRoute({ db, timeZone: defaultTimeZone }: StatsRouteOptions): TextRoute {
  return textRoute({
    path: '/v1/events/stats',
    methods: ['GET', 'POST'],
    summary:
      'counts of events by `bucket`, in a `time_zone`, divided by `group_by`; each bucket says whether its time is proven complete: see below',
    takes: EVENT_READERS,
    params: PARAMS,
    answer: async (params, { caller }) => {
      const { since, between, bucket: unit = 'day', time_zone: timeZone = defaultTimeZone, group_by } = params
      if (!isTimeZone(timeZone)) throw inputError([{ path: ['time_zone'], message: BAD_TIME_ZONE }])
      const groupBy = [...new Set(group_by)]
      const window = { from: since ?? between?.[0] ?? 0n, to: between?.[1] ?? (await readDatabaseNow(db)) }
      const stats = await readOrRefuse(db, {
        workspaceId: caller.workspaceId,
        visibility: eventVisibility(caller),
        filters: eventFilters(params),
        ...window,
        unit,
        timeZone,
        groupBy,
      })
      const completeness = completenessIn(stats.covered, window)
      const buckets = bucketTexts(stats, groupBy)
      const names = params.include?.includes('names') ? await namesIn(db, caller, buckets.texts) : null
      return {
        text: statsParts(buckets, names, completeness),
        headers: completenessHeaders(completeness),
      }
    },
  })
}

async function readOrRefuse(db: Db, query: StatsQuery): Promise<Stats> {
  try {
    return await readStats(db, query)
  } catch (error) {
    if (error instanceof UnknownTimeZoneError)
      throw inputError([{ path: ['time_zone'], message: BAD_TIME_ZONE }])
    if (error instanceof TooManyCountsError)
      throw inputError([{ path: [error.what === 'buckets' ? 'bucket' : 'group_by'], message: error.message }])
    throw error
  }
}
