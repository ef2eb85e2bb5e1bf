import type { EventPosition } from '../../store/events/event-query.ts'
import type { Caller } from '../../domain/caller.ts'
import { stillProven, type Window, windowBetween } from '../../domain/completeness.ts'
import { askAgain } from '../../export/ask-again.ts'
import { exportPages, type ExportQuery } from '../../export/export-pages.ts'
import { readNames } from '../../export/export-rows.ts'
import { csvFormat, NDJSON, type TextFormat } from '../../export/text-format.ts'
import { ApiError } from '../../http/api-error.ts'
import { encodeParts } from '../../http/encode-parts.ts'
import { inputError } from '../../http/input-error.ts'
import { createOpenStreams } from '../../http/open-streams.ts'
import type { PagedQuery } from '../../http/page-cursor.ts'
import { type StreamAnswer, type StreamCall, type StreamRoute, streamRoute } from '../../http/route.ts'
import { isDatabaseAway, tookTooLong } from '../../postgres/postgres-errors.ts'
import { readCompleteness } from '../../store/coverage/read-completeness.ts'
import type { Db } from '../../store/database.ts'
import { readEventPosition } from '../../store/events/read-event-position.ts'
import { completenessHeaders } from '../completeness-headers.ts'
import { nameVisibility } from '../names/name-visibility.ts'
import { eventFilters } from './event-filter-params.ts'
import type { EventRouteOptions } from './event-route-options.ts'
import { eventTextFor, seesSecrets } from './event-text.ts'
import { EVENT_READERS, eventVisibility } from './event-visibility.ts'
import { exportMark, readExportClaim } from './export-claim.ts'
import { EXPORT_PARAMS, type ExportParams, requireTimeZone } from './export-params.ts'
import { decodeClaim, encodeClaim, EXPORT_HEADER } from './export-resume.ts'

export interface ExportRouteOptions extends EventRouteOptions {
  /** SEAM_MIRROR_TIME_ZONE. */
  timeZone: string
  sleep: (ms: number, signal?: AbortSignal) => Promise<void>
}

/** How many exports run at the same time. Each holds two pages, of 1 MiB as a rule. */
export const EXPORT_LIMITS = { perCaller: 4, all: 8 }

const PATH = '/v1/events/export'

/**
 * `/v1/events/export`: all events that the list would show, newest first, as one download. Its last line says that it is whole, what is
 * proven about its time, and where in the order of arrival a follower goes on; a download without that line is cut.
 */
export function exportEventsRoute(options: ExportRouteOptions): StreamRoute {
  const running = createOpenStreams(EXPORT_LIMITS)
  return streamRoute({
    path: PATH,
    methods: ['GET', 'POST'],
    summary:
      'a download of all events that `/events/list` would show in its pages, as `format` `ndjson` or `csv`; its last line says that nothing is missing: see below',
    takes: EVENT_READERS,
    params: EXPORT_PARAMS,
    answer: async (params, call) => {
      const end = running.enter(call.caller)
      if (call.signal.aborted) end()
      else call.signal.addEventListener('abort', end, { once: true })
      return answerExport(options, params, call)
    },
  })
}

async function answerExport(
  options: ExportRouteOptions,
  params: ExportParams,
  { caller, signal, inTurn }: StreamCall,
): Promise<StreamAnswer> {
  const { db, pageCursors, sleep } = options
  const { format: formatName = 'ndjson', gzip, resume, after_event_id: lastId } = params
  const { query, window, asked } = readQuery(options, params, caller)
  const format = formatName === 'csv' ? csvFor(options, params, caller, inTurn) : NDJSON
  const claim =
    resume === undefined
      ? await inTurn(() => readExportClaim(db, caller.workspaceId, window))
      : decodeClaim(pageCursors, asked, resume)
  const following = lastId === undefined ? undefined : await inTurn(() => positionOf(db, query, lastId))

  // Before the answer has begun, an error is answered as one. Later, half of the events may have been sent.
  let hasBegun = false
  const ask = <Result>(work: () => Promise<Result>): Promise<Result> =>
    hasBegun ? askAgain({ mayPass, sleep, signal }, () => inTurn(work)) : inTurn(work)
  const pages = exportPages({ db, query, following, ask })
  const first = await pages.next()
  hasBegun = true

  const textOf = eventTextFor(caller, options.secrets)
  async function* chunks(): AsyncGenerator<string | Uint8Array> {
    if (lastId === undefined) yield format.head
    for (let { value: page, done } = first; done !== true; { value: page, done } = await pages.next()) {
      for await (const part of format.lines(page.events.map(textOf))) yield Buffer.concat(encodeParts(part))
      signal.throwIfAborted()
    }
    const now = await ask(() => readCompleteness(db, caller.workspaceId, window))
    yield format.end(exportMark({ ...claim, completeness: stillProven(claim.completeness, now) }))
  }
  return {
    contentType: CONTENT_TYPES[formatName],
    headers: {
      ...completenessHeaders(claim.completeness),
      [EXPORT_HEADER]: encodeClaim(pageCursors, asked, claim),
      'content-disposition': `attachment; filename="events.${formatName}"`,
    },
    compress: gzip === undefined ? 'if_accepted' : gzip ? 'always' : 'never',
    chunks: chunks(),
  }
}

const CONTENT_TYPES = {
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
} as const

interface ReadQuery {
  query: ExportQuery
  window: Window
  /** What a text to resume by belongs to. */
  asked: PagedQuery
}

function readQuery({ secrets }: ExportRouteOptions, params: ExportParams, caller: Caller): ReadQuery {
  const { since, between } = params
  const [after, before] = between ?? [since, undefined]
  const filters = eventFilters(params)
  const { workspaceId } = caller
  const session = caller.kind === 'key' ? null : caller.clientSessionId
  return {
    query: {
      workspaceId,
      visibility: eventVisibility(caller),
      after,
      before,
      filters,
      withSecrets: seesSecrets(caller, secrets),
    },
    window: windowBetween(after, before),
    asked: [PATH, workspaceId, session, `${after}`, `${before}`, filters],
  }
}

function csvFor(
  { db, timeZone }: ExportRouteOptions,
  { time_zone: wanted, bom = false }: ExportParams,
  caller: Caller,
  inTurn: StreamCall['inTurn'],
): TextFormat {
  return csvFormat({
    timeZone: requireTimeZone(wanted ?? timeZone),
    withByteOrderMark: bom,
    namesOf: (ids) => inTurn(() => readNames(db, caller.workspaceId, nameVisibility(caller), ids)),
  })
}

async function positionOf(db: Db, query: ExportQuery, eventId: string): Promise<EventPosition> {
  const filters = [{ column: 'event_id', values: [eventId] }]
  const position = await readEventPosition(db, { ...query, filters, limit: 1, offset: 0 }, 0)
  if (position !== null) return position
  throw inputError([{ path: ['after_event_id'], message: 'There is no such event in this export' }])
}

/** Whether a question that failed in the middle of an export is asked again. */
function mayPass(error: unknown): boolean {
  if (error instanceof ApiError) return error.status === 429 || error.status === 503
  return isDatabaseAway(error) && !tookTooLong(error)
}
