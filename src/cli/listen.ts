import type { StoredArrival } from '../store/events/stored-arrival.ts'
import { Command } from 'commander'
import { eventFilters, FILTER_PARAM_KINDS } from '../api/events/event-filter-params.ts'
import { parseDuration } from '../domain/duration.ts'
import type { Micros } from '../domain/instant.ts'
import { oneLine } from '../export/one-line.ts'
import { parseTimeParameter } from '../http/parse-time-parameter.ts'
import { defineParams } from '../http/read-params.ts'
import { isDatabaseAway } from '../postgres/postgres-errors.ts'
import { readDatabaseNow } from '../postgres/read-database-clock.ts'
import { sleep } from '../runtime/sleep.ts'
import type { Db } from '../store/database.ts'
import {
  type ArrivalCursor,
  decodeArrivalCursor,
  encodeArrivalCursor,
} from '../store/events/arrival-cursor.ts'
import type { EventSelection } from '../store/events/event-selection.ts'
import { readArrivalStart, readArrivalStartSince } from '../store/events/read-arrival-start.ts'
import { LostArrivalCursorError, readArrivals } from '../store/events/read-arrivals.ts'
import { listNamesOf } from '../store/names/list-names-of.ts'
import { listWorkspaces } from '../store/workspaces/list-workspaces.ts'
import { chooseWorkspace } from './choose-workspace.ts'
import type { Context } from './context.ts'
import { eventLine, idsToName } from './event-line.ts'

interface ListenFlags extends Record<string, unknown> {
  workspace?: string
  since?: string
  after?: string
  json: boolean
}

const FILTERS = defineParams(FILTER_PARAM_KINDS, { unknown: 'refused' })
const POLL_MS = 250
const PAUSE_AFTER_FAILURE_MS = 1_000
const PAGE_EVENTS = 200

/** `seam-mirror listen`: what `/v1/events/stream` sends, in a terminal, one line an event. */
export function listenCommand(context: Context): Command {
  const command = new Command('listen')
    .description('follow the events as they arrive, one line each, until Ctrl-C')
    .option('--workspace <id or name>', 'which one, when several are known')
    .option(
      '--since <time or age>',
      'first what was created after this time (RFC 3339), or so long ago, such as 10m',
    )
    .option(
      '--after <id>',
      'go on after this place: an id of /v1/events/stream, or what this command says at its end',
    )
    .option('--json', "each event's own JSON on a line", false)
    .addHelpText('after', '\nThe filters are those of /events/list. PINs stay masked.')
  for (const [parameter, { query }] of Object.entries(FILTER_PARAM_KINDS))
    command.option(`--${parameter.replaceAll('_', '-')} <${query === 'list' ? 'values' : 'value'}>`)
  return command.action((flags: ListenFlags) => context.useDatabase((db) => listen(db, flags, context)))
}

async function listen(db: Db, flags: ListenFlags, { answer, say }: Context): Promise<void> {
  const known = await listWorkspaces(db)
  const [only, another] = known
  if (flags.workspace === undefined && another !== undefined)
    throw new Error('Several workspaces are known: choose one with --workspace.')
  const wanted = flags.workspace ?? only?.workspaceId
  const { workspaceId } = chooseWorkspace(known, wanted ?? 'here')
  const since = await sinceOf(db, flags.since)
  const selection: EventSelection = {
    visibility: { kind: 'all' },
    filters: eventFilters(FILTERS.read({ query: filterQuery(flags), body: {} }).values),
    createdAfter: since,
  }
  const print = async (events: readonly StoredArrival[]): Promise<void> => {
    const lines = flags.json
      ? events.map(({ body }) => oneLine(body))
      : await linesOf(db, workspaceId, events)
    answer({ isJson: false, document: {}, lines })
  }
  const start =
    placeOf(flags.after) ??
    (await (since === undefined
      ? readArrivalStart(db, workspaceId)
      : readArrivalStartSince(db, workspaceId, since)))
  say('Listening. Ctrl-C ends it.')
  const last = await follow({ db, workspaceId, selection, print, say, signal: untilEnd() }, start)
  say(`Go on from here with: --after ${encodeArrivalCursor(last)}`)
}

/** Aborts at a signal, or when nobody reads the lines any more. */
function untilEnd(): AbortSignal {
  const ending = new AbortController()
  const end = (): void => ending.abort()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end)
  process.stdout.once('error', end)
  return ending.signal
}

interface Follower {
  db: Db
  workspaceId: string
  selection: EventSelection
  print: (events: readonly StoredArrival[]) => Promise<void>
  say: (line: string) => void
  signal: AbortSignal
}

/** Prints what arrives, over restarts of the database, until the signal fires. Returns the last place. */
async function follow(
  { db, workspaceId, selection, print, say, signal }: Follower,
  start: ArrivalCursor,
): Promise<ArrivalCursor> {
  let place = start
  let isAway = false
  while (!signal.aborted) {
    try {
      const page = await readArrivals(db, { workspaceId, after: place, limit: PAGE_EVENTS, selection })
      isAway = false
      if (page.events.length > 0) await print(page.events)
      place = page.cursor ?? place
      if (!page.hasMore) await sleep(POLL_MS, signal)
    } catch (error) {
      if (error instanceof LostArrivalCursorError) {
        say('The place belongs to another database, or to commits that it has lost. Going on from now.')
        place = await readArrivalStart(db, workspaceId)
      } else if (isDatabaseAway(error)) {
        if (!isAway) say('The database cannot be reached. Going on when it is back.')
        isAway = true
        await sleep(PAUSE_AFTER_FAILURE_MS, signal)
      } else throw error
    }
  }
  return place
}

async function linesOf(db: Db, workspaceId: string, events: readonly StoredArrival[]): Promise<string[]> {
  const parsed = events.map(({ body }) => JSON.parse(body) as Record<string, unknown>)
  const ids = [...new Set(parsed.flatMap(idsToName))]
  const names = await listNamesOf(db, workspaceId, { kind: 'all' }, ids)
  const nameOf = new Map(names.map(({ id, name }) => [id, name]))
  return parsed.map((event) => eventLine(event, nameOf))
}

function placeOf(after: string | undefined): ArrivalCursor | null {
  if (after === undefined) return null
  const cursor = decodeArrivalCursor(after)
  if (cursor === null) throw new Error(`--after ${after} is no id of /v1/events/stream.`)
  return cursor
}

async function sinceOf(db: Db, text: string | undefined): Promise<Micros | undefined> {
  if (text === undefined) return undefined
  const age = parseDuration(text)
  if (age !== null) return (await readDatabaseNow(db)) - age
  const instant = parseTimeParameter(text)
  if (instant === null)
    throw new Error(`--since ${text} is neither a time (RFC 3339) nor an age such as 10m.`)
  return instant
}

/** The flags that are filters, as a query would have them. */
function filterQuery(flags: ListenFlags): URLSearchParams {
  const query = new URLSearchParams()
  for (const parameter of Object.keys(FILTER_PARAM_KINDS)) {
    const value = flags[parameter.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase())]
    if (typeof value === 'string') query.set(parameter, value)
  }
  return query
}
