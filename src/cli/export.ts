import type { EventFilter } from '../store/events/event-query.ts'
import path from 'node:path'
import { Command, Option } from 'commander'
import { eventFilters, FILTER_PARAM_KINDS } from '../api/events/event-filter-params.ts'
import type { Config } from '../config/config.ts'
import { parseDuration } from '../domain/duration.ts'
import { formatInstant, type Micros, parseInstant } from '../domain/instant.ts'
import { isTimeZone } from '../domain/time-zone.ts'
import { readNames } from '../export/export-rows.ts'
import { csvFormat, NDJSON } from '../export/text-format.ts'
import { defineParams } from '../http/read-params.ts'
import { readDatabaseNow } from '../postgres/read-database-clock.ts'
import type { Db } from '../store/database.ts'
import { encodeArrivalCursor } from '../store/events/arrival-cursor.ts'
import { listWorkspaces } from '../store/workspaces/list-workspaces.ts'
import { addJsonOption } from './add-json-option.ts'
import { chooseWorkspace } from './choose-workspace.ts'
import type { Context } from './context.ts'
import { exportToFile, type FileExport, type FileResult } from './export-file/export-to-file.ts'
import { textFile } from './export-file/file-format.ts'
import { progressLine } from './export-file/progress-line.ts'

interface ExportFlags {
  format: 'ndjson' | 'csv' | 'parquet'
  output?: string
  since?: string
  until?: string
  filter: string[]
  timeZone?: string
  bom: boolean
  workspace?: string
  json: boolean
}

/** `seam-mirror export`: what `/v1/events/export` answers, as a file, also as Parquet. PINs are masked. */
export function exportCommand({ useDatabase, answer, say }: Context): Command {
  return addJsonOption(new Command('export'))
    .description('write events to a file, newest first')
    .addOption(
      new Option('--format <format>', 'of the file').choices(['ndjson', 'csv', 'parquet']).default('ndjson'),
    )
    .option('--output <file>', 'without it, events.<format> in this folder')
    .option('--since <when>', 'created after an instant (RFC 3339), or a duration before now such as 30d')
    .option('--until <instant>', 'created before an instant (RFC 3339)')
    .option(
      '--filter <name=value...>',
      'filters of /events/list, such as device_ids=a,b or event_type=lock.unlocked',
      [],
    )
    .option('--time-zone <name>', 'of the local times in CSV; without it, SEAM_MIRROR_TIME_ZONE')
    .option('--bom', 'begin CSV with a byte order mark, for Excel', false)
    .option('--workspace <id or name>', 'which one, where several are known')
    .addHelpText(
      'after',
      '\nUntil it is whole the file is called <file>.part; the same command goes on with it. PINs are masked.\n' +
        'NDJSON and CSV end with a line that says that nothing is missing, and up to when that is proven;\n' +
        'Parquet says so in its metadata.',
    )
    .action(async (flags: ExportFlags) => {
      const file = path.resolve(flags.output ?? `events.${flags.format}`)
      const result = await useDatabase(async (db, config) => {
        const line = progressLine(() => performance.now())
        try {
          return await exportToFile(await prepare(db, config, flags, file, line.show))
        } finally {
          line.end()
        }
      })
      answer({ isJson: flags.json, document: toJson(file, result), lines: describe(file, result) })
      if (!result.completeness.isComplete)
        say('Not all of the time that was asked for is proven complete: see seam-mirror status.')
    })
}

async function prepare(
  db: Db,
  config: Config,
  flags: ExportFlags,
  file: string,
  onProgress: FileExport['onProgress'],
): Promise<FileExport> {
  const known = await listWorkspaces(db)
  const [only] = known
  if (only === undefined) throw new Error('No workspace is known yet, so there is nothing to export.')
  if (flags.workspace === undefined && known.length > 1)
    throw new Error(`Say which --workspace: ${known.map(({ configKey }) => configKey).join(', ')}.`)
  const { workspaceId } = flags.workspace === undefined ? only : chooseWorkspace(known, flags.workspace)
  const timeZone = flags.timeZone ?? config.timeZone
  if (!isTimeZone(timeZone))
    throw new Error(`--time-zone ${timeZone} is no IANA time zone such as Europe/Berlin.`)
  const after = flags.since === undefined ? undefined : sinceOf(flags.since, await readDatabaseNow(db))
  const before = flags.until === undefined ? undefined : instantOf('--until', flags.until)
  if (after !== undefined && before !== undefined && after >= before)
    throw new Error('--since must be before --until.')
  const namesOf = (ids: readonly string[]) => readNames(db, workspaceId, { kind: 'all' }, ids)
  // Nothing else needs the library.
  const parquet = flags.format === 'parquet' ? await import('./export-file/parquet-file.ts') : null
  return {
    db,
    file,
    asked: describeAsked({ ...flags, timeZone }, workspaceId),
    query: { workspaceId, visibility: { kind: 'all' }, after, before, filters: filtersOf(flags.filter) },
    formatFor: (append, from) => {
      if (parquet !== null) return parquet.parquetFile({ append, namesOf, from })
      const csv = () => csvFormat({ timeZone, withByteOrderMark: flags.bom, namesOf })
      return textFile(flags.format === 'csv' ? csv() : NDJSON, append, from === null)
    },
    onProgress,
    monotonicMs: () => performance.now(),
  }
}

/** What decides about the content of the file, so that it goes on only with the same. */
function describeAsked(flags: ExportFlags, workspaceId: string): string {
  const { format, since, until, filter, timeZone, bom } = flags
  const csv = format === 'csv' ? [`--time-zone ${timeZone}`, ...(bom ? ['--bom'] : [])] : []
  const times = [
    ...(since === undefined ? [] : [`--since ${since}`]),
    ...(until === undefined ? [] : [`--until ${until}`]),
  ]
  const filters = filter.map((each) => `--filter ${each}`)
  return [`--format ${format}`, ...times, ...filters, ...csv, `--workspace ${workspaceId}`].join(' ')
}

const FILTERS = defineParams(FILTER_PARAM_KINDS, { unknown: 'refused' })

function filtersOf(given: readonly string[]): EventFilter[] {
  const query = new URLSearchParams()
  for (const each of given) {
    const equals = each.indexOf('=')
    if (equals < 1) throw new Error(`--filter ${each} is not a name, = and a value.`)
    query.append(each.slice(0, equals), each.slice(equals + 1))
  }
  return eventFilters(FILTERS.read({ query, body: {} }).values)
}

function sinceOf(text: string, now: Micros): Micros {
  const duration = parseDuration(text)
  return duration === null ? instantOf('--since', text) : now - duration
}

function instantOf(flag: string, text: string): Micros {
  const at = parseInstant(text)
  if (at !== null) return at
  throw new Error(`${flag} ${text} is not an RFC 3339 instant such as 2026-01-31T00:00:00Z.`)
}

function toJson(file: string, { events, bytes, hasGoneOn, cursor, completeness }: FileResult): object {
  const { from, until, isComplete } = completeness
  return {
    file,
    events,
    bytes,
    hasGoneOn,
    cursor: encodeArrivalCursor(cursor),
    completeness: { from: from && formatInstant(from), until: until && formatInstant(until), isComplete },
  }
}

function describe(file: string, { events, bytes, cursor, completeness }: FileResult): string[] {
  const { from, until, isComplete } = completeness
  const proven =
    from === null || until === null
      ? 'nothing is proven complete yet'
      : `proven complete from ${formatInstant(from)} to ${formatInstant(until)}`
  return [
    `${file}: ${events.toLocaleString('en')} events, ${(bytes / 1024 / 1024).toFixed(1)} MiB`,
    `  ${proven}${isComplete ? '; the export is complete' : ''}`,
    `  what arrives from now on: /v1/events/stream?after=${encodeArrivalCursor(cursor)}`,
  ]
}
