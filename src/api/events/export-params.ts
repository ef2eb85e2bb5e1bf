import { isTimeZone } from '../../domain/time-zone.ts'
import { inputError } from '../../http/input-error.ts'
import { about, boolean, instant, instantPair, oneOf, text, uuid } from '../../http/param-kinds.ts'
import { defineParams } from '../../http/read-params.ts'
import { FILTER_PARAM_KINDS } from './event-filter-params.ts'

export const EXPORT_PARAMS = defineParams(
  {
    ...FILTER_PARAM_KINDS,
    since: about('Only events created after this time', instant()),
    between: about('Only events created between these two times, at neither of them', instantPair()),
    format: about('One JSON object a line, or a table. Default: ndjson', oneOf('ndjson', 'csv')),
    time_zone: about('The IANA time zone of the local times in CSV. Default: SEAM_MIRROR_TIME_ZONE', text()),
    bom: about('Whether CSV begins with a byte order mark, which Excel needs to read it as UTF-8', boolean()),
    gzip: about('Whether the answer is compressed. Default: as `accept-encoding` says', boolean()),
    resume: about('The header seam-mirror-export of a download that was cut, to go on with it', text()),
    after_event_id: about('With resume: the event of the last whole line', uuid()),
  },
  {
    problemOf: ({ since, between, resume, after_event_id: afterEventId }) => {
      if (since === undefined && between === undefined) return 'Must specify either since or between'
      if (since !== undefined && between !== undefined) return 'Cannot specify both since and between'
      if (afterEventId !== undefined && resume === undefined) return 'after_event_id needs resume'
      return null
    },
    unknown: 'refused',
  },
)

export type ExportParams = ReturnType<typeof EXPORT_PARAMS.read>['values']

/** Throws 400 for a name that is no time zone's. */
export function requireTimeZone(timeZone: string): string {
  if (isTimeZone(timeZone)) return timeZone
  throw inputError([{ path: ['time_zone'], message: 'Must be an IANA time zone (such as Europe/Berlin)' }])
}
