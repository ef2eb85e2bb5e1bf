import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { sql } from 'kysely'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import {
  exportToFile,
  type FileExport,
  type FileResult,
} from '../../../src/cli/export-file/export-to-file.ts'
import { textFile } from '../../../src/cli/export-file/file-format.ts'
import { PARQUET_MARK, parquetFile } from '../../../src/cli/export-file/parquet-file.ts'
import { completenessJson } from '../../../src/api/completeness.ts'
import { parseEvent } from '../../../src/domain/event.ts'
import { parseInstant } from '../../../src/domain/instant.ts'
import { readNames } from '../../../src/export/export-rows.ts'
import { csvFormat, NDJSON } from '../../../src/export/text-format.ts'
import { ingestBatch } from '../../../src/ingest/ingest-batch.ts'
import { maskingSecrets } from '../../../src/secrets/masking-secrets.ts'
import type { Db } from '../../../src/store/database.ts'
import { readCsv, readNdjson } from '../../api/events/export-lines.ts'
import { runCommand } from '../run-command.ts'
import { sampleEvent, WORKSPACE_ID } from '../../support/sample-event.ts'
import { databaseOfThisFile } from '../../support/test-database.ts'

const { database, db } = await databaseOfThisFile()

/** So much text that there are several pages, and several row groups. */
const NOTE = 'a note '.repeat(3_000)
const events = Array.from({ length: 1_500 }, (_, i) =>
  sampleEvent({
    created_at: new Date(Date.UTC(2026, 0, 1) + i * 60_000).toISOString().replace('.000Z', '.000123Z'),
    ...(i % 3 === 0 && { occurred_at: undefined }),
    ...(i % 4 === 0 && { acs_entrance_ids: [entrance(i), entrance(i + 1)] }),
    note: NOTE,
    n: i,
  }),
)

function entrance(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
}

beforeAll(async () => {
  for (let i = 0; i < events.length; i += 100)
    await ingestBatch(
      db,
      events.slice(i, i + 100).map((event) => parseEvent(JSON.stringify(event), WORKSPACE_ID)),
      'poll',
      maskingSecrets(),
    )
  await sql`insert into names (workspace_id, kind, id, name, folded, as_of) values
    (${WORKSPACE_ID}, 'device', ${events[0]?.device_id}, '=Room 204', '', now())`.execute(db)
  await sql`insert into coverage (workspace_id, ranges)
    values (${WORKSPACE_ID}, '{[2025-12-01, 2026-03-01)}')`.execute(db)
  await sql`insert into workspaces (workspace_id, config_key, learned_from) values (${WORKSPACE_ID}, 'default', 'configured')`.execute(
    db,
  )
})

async function folder(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), 'seam-mirror-export-'))
  onTestFinished(() => rm(made, { recursive: true, force: true }))
  return made
}

type Format = 'ndjson' | 'csv' | 'parquet'

function optionsFor(format: Format, file: string, on: Db = db): FileExport {
  const namesOf = (ids: readonly string[]) => readNames(db, WORKSPACE_ID, { kind: 'all' }, ids)
  const csv = () => csvFormat({ timeZone: 'Europe/Berlin', withByteOrderMark: true, namesOf })
  let ms = 0
  return {
    db: on,
    file,
    asked: format,
    query: {
      workspaceId: WORKSPACE_ID,
      visibility: { kind: 'all' },
      after: parseInstant('2025-12-31T00:00:00Z') ?? 0n,
      before: parseInstant('2026-02-28T00:00:00Z') ?? 0n,
      filters: [],
    },
    formatFor: (append, from) =>
      format === 'parquet'
        ? parquetFile({ append, namesOf, from })
        : textFile(format === 'csv' ? csv() : NDJSON, append, from === null),
    onProgress: () => {},
    // Every page is saved.
    monotonicMs: () => (ms += 10_000),
  }
}

/** The database, which fails for good at the nth page. */
function failingAt(nth: number): Db {
  let pages = 0
  return Object.create(db, {
    executeQuery: { value: db.executeQuery.bind(db) },
    queryTexts: {
      value: async (...args: Parameters<typeof db.queryTexts>) => {
        pages += 1
        if (pages >= nth) throw new Error('The power is out.')
        return db.queryTexts(...args)
      },
    },
  }) as Db
}

const newest = events.toReversed()

async function parquetRows(file: string) {
  const buffer = await asyncBufferFromFile(file)
  const metadata = await parquetMetadataAsync(buffer)
  return { metadata, rows: await parquetReadObjects({ file: buffer }) }
}

/** All but the mark. */
async function rowsOf(format: Format, file: string): Promise<unknown[]> {
  if (format === 'parquet') return (await parquetRows(file)).rows
  const lines = (await readFile(file, 'utf8')).split('\n')
  expect(lines.at(-2)).toContain('is_complete')
  return lines.slice(0, -2)
}

describe('an export to a file', () => {
  test('is what the endpoint answers, as NDJSON', async () => {
    const file = path.join(await folder(), 'e.ndjson')
    const result = await exportToFile(optionsFor('ndjson', file))
    const { lines, mark } = readNdjson(await readFile(file, 'utf8'))
    expect(lines).toEqual(newest.map((event) => JSON.stringify(event)))
    expect(mark.completeness).toEqual(JSON.parse(completenessJson(result.completeness)))
    expect(result).toMatchObject({ events: 1_500, hasGoneOn: false, completeness: { isComplete: true } })
    expect([existsSync(`${file}.part`), existsSync(`${file}.part.state`)]).toEqual([false, false])
  })

  test('is read back from Parquet as it was: texts, instants with all their digits, lists, names, the events themselves', async () => {
    const file = path.join(await folder(), 'e.parquet')
    await exportToFile(optionsFor('parquet', file))
    const { metadata, rows } = await parquetRows(file)
    expect(metadata.row_groups.length).toBeGreaterThan(2)
    const mark = metadata.key_value_metadata?.find(({ key }) => key === PARQUET_MARK)?.value
    expect(JSON.parse(mark ?? '')).toMatchObject({ complete: true, completeness: { is_complete: true } })
    expect(rows.map(({ event }) => event as string)).toEqual(newest.map((event) => JSON.stringify(event)))
    expect(rows.map(({ event_id: id }) => id as string)).toEqual(newest.map((event) => event.event_id))
    expect(rows.map(({ acs_entrance_ids: ids }) => ids as unknown)).toEqual(
      newest.map(({ acs_entrance_ids: ids }) => ids ?? null),
    )
    expect(rows.every(({ device_name: name }) => name === '=Room 204')).toBe(true)
    const whole = await parquetReadObjects({
      file: await asyncBufferFromFile(file),
      columns: ['created_at', 'occurred_at'],
      parsers: {
        timestampFromMilliseconds: (value: bigint) => value,
        timestampFromMicroseconds: (value: bigint) => value,
        timestampFromNanoseconds: (value: bigint) => value,
        dateFromDays: (value: number) => value,
        stringFromBytes: (value: Uint8Array) => value,
        geometryFromBytes: (value: Uint8Array) => value,
        geographyFromBytes: (value: Uint8Array) => value,
      },
    })
    expect(whole).toEqual(
      newest.map(({ created_at: created, occurred_at: occurred }) => ({
        created_at: parseInstant(created as string),
        occurred_at: occurred === undefined ? null : parseInstant(occurred as string),
      })),
    )
  })
})

describe('an export that was ended half way', () => {
  test.each<[Format, number]>([
    ['ndjson', 2],
    ['ndjson', 7],
    ['csv', 2],
    ['csv', 9],
    ['parquet', 2],
    ['parquet', 15],
    ['parquet', 22],
  ])('does not look whole, and goes on to the same file: %s, at page %i', async (format, nth) => {
    const dir = await folder()
    const whole = path.join(dir, 'whole')
    await exportToFile(optionsFor(format, whole))
    const file = path.join(dir, 'cut')
    await expect(exportToFile(optionsFor(format, file, failingAt(nth)))).rejects.toThrow('The power is out.')
    expect([existsSync(file), existsSync(`${file}.part`)]).toEqual([false, true])
    // What was written after the last save is cut off.
    await writeFile(`${file}.part`, 'half a li', { flag: 'a' })
    const result: FileResult = await exportToFile(optionsFor(format, file))
    expect(result.events).toBe(1_500)
    expect(existsSync(`${file}.part`)).toBe(false)
    expect(await rowsOf(format, file)).toEqual(await rowsOf(format, whole))
  })

  test('begins anew when only its state is left, and never takes the new file for the old one', async () => {
    const dir = await folder()
    const whole = path.join(dir, 'whole')
    await exportToFile(optionsFor('ndjson', whole))
    const file = path.join(dir, 'cut')
    await expect(exportToFile(optionsFor('ndjson', file, failingAt(5)))).rejects.toThrow('The power is out.')
    await rm(`${file}.part`)
    // It has written a page when it is ended, and saved nothing.
    const other = { ...optionsFor('csv', file, failingAt(2)), monotonicMs: () => 0 }
    await expect(exportToFile(other)).rejects.toThrow('The power is out.')
    expect([existsSync(`${file}.part`), existsSync(`${file}.part.state`)]).toEqual([true, false])
    expect(await exportToFile(optionsFor('ndjson', file))).toMatchObject({ events: 1_500, hasGoneOn: false })
    expect(await rowsOf('ndjson', file)).toEqual(await rowsOf('ndjson', whole))
  })

  test('does not go on with other options, and says what to do', async () => {
    const file = path.join(await folder(), 'e.ndjson')
    await expect(exportToFile(optionsFor('ndjson', file, failingAt(3)))).rejects.toThrow('The power is out.')
    await expect(exportToFile({ ...optionsFor('ndjson', file), asked: 'other' })).rejects.toThrow(
      /was begun with other options \(ndjson\)\. Repeat them to go on, or delete it/,
    )
  })
})

test('the command writes each format, with filters, and answers as all commands do', async () => {
  const dir = await folder()
  const run = (...args: string[]) =>
    runCommand(['export', '--output', path.join(dir, 'e'), ...args], {
      DATABASE_URL: database.url,
      SEAM_WORKSPACE_ID: WORKSPACE_ID,
    })
  const filter = [
    '--filter',
    `event_ids=${events[3]?.event_id},${events[5]?.event_id}`,
    'event_type=lock.unlocked',
  ]
  const ndjson = await run('--since', '2025-12-31T00:00:00Z', ...filter, '--json')
  expect(ndjson.code).toBe(0)
  expect(JSON.parse(ndjson.stdout)).toMatchObject({
    events: 2,
    has_gone_on: false,
    completeness: { is_complete: true },
  })
  expect(readNdjson(await readFile(path.join(dir, 'e'), 'utf8')).ids).toEqual([
    events[5]?.event_id,
    events[3]?.event_id,
  ])
  const csv = await run('--format', 'csv', '--bom', '--time-zone', 'Asia/Kathmandu', ...filter)
  expect(csv).toMatchObject({ code: 0, stdout: expect.stringContaining(': 2 events, ') })
  const text = await readFile(path.join(dir, 'e'), 'utf8')
  const [header] = readCsv(text.slice(1))
  expect([text.codePointAt(0), header?.[3]]).toEqual([0xfeff, 'created_at (Asia/Kathmandu)'])
  expect(await run('--format', 'parquet', ...filter)).toMatchObject({ code: 0 })
  expect((await parquetRows(path.join(dir, 'e'))).rows.length).toBe(2)
  for (const [args, message] of [
    [['--filter', 'device=5'], 'Unknown parameters: device'],
    [['--filter', 'device_id'], 'is not a name, = and a value'],
    [['--since', 'yesterday'], '--since yesterday is not an RFC 3339 instant'],
    [['--format', 'csv', '--time-zone', 'Mars'], '--time-zone Mars is no IANA time zone'],
  ] as const)
    expect(await run(...args)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining(message),
    })
})
