import { sql } from 'kysely'
import { beforeEach, describe, expect, test } from 'vitest'
import { runProgram, startProgram } from '../support/run-program.ts'
import { sampleEvent } from '../support/sample-event.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import { KEY, idsInQuarantine, SECRETS, putAside, quarantined, storedEvents } from './quarantine-rig.ts'

const CLI = 'bin/seam-mirror.js'

const { database, db } = await databaseOfThisFile()
beforeEach(() => db.deleteFrom('quarantine').execute())

const environment = () => ({ DATABASE_URL: database.url, SEAM_MIRROR_SECRETS_KEY: KEY.toString('base64') })
const run = (...args: string[]) => runProgram(CLI, ['quarantine', ...args], environment())

describe('seam-mirror quarantine', () => {
  test('lists, shows, retries and discards, and exits 0; its answer alone is on stdout', async () => {
    const event = sampleEvent({ code: '83041725' })
    const good = await putAside(db, event, { secrets: SECRETS })
    const bad = await putAside(db, 'no JSON', { secrets: SECRETS, reason: 'not_json' })
    const list = await run('list', '--json')
    expect(list).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(list.stdout)).toMatchObject({ items: [{ id: bad }, { id: good }], total: 2 })
    const show = await run('show', good)
    expect(show).toMatchObject({ code: 0, stderr: '' })
    expect(show.stdout).toContain('"code":"****"')
    expect(await run('retry', good)).toMatchObject({ code: 0, stderr: '1 stored, 0 still in quarantine.\n' })
    expect(await storedEvents(db, event.event_id)).toHaveLength(1)
    expect(await run('discard', bad, '--yes')).toMatchObject({
      code: 0,
      stdout: '',
      stderr: '1 item discarded.\n',
    })
    expect(await idsInQuarantine(db)).toEqual([])
  })

  test('exits 1 for an unknown id, for an item that stays, and for a discard without --yes', async () => {
    const id = await putAside(db, 'no JSON', { secrets: SECRETS, reason: 'not_json' })
    for (const [args, message] of [
      [['show', '999999'], 'There is no item 999999 in quarantine'],
      [['retry', '999999'], 'There is no item 999999 in quarantine'],
      [['retry', id], '1 item could not be used and stayed in quarantine.'],
      [['discard', id], '--yes'],
    ] as const) {
      const { code, stderr } = await run(...args)
      expect({ args, code }).toEqual({ args, code: 1 })
      expect(stderr).toContain(message)
    }
    expect(await idsInQuarantine(db)).toEqual([id])
  })

  test('I11: kill -9 in the middle of a retry leaves the item in quarantine, to be retried', async () => {
    const event = sampleEvent()
    const id = await putAside(db, event, { secrets: SECRETS })
    const before = await quarantined(db, id)
    // Holds the retry between its two statements: the event is inserted, the item cannot be removed yet.
    const holding = await db.startTransaction().execute()
    await sql`select from quarantine for update`.execute(holding)
    const program = startProgram(CLI, ['quarantine', 'retry', id], environment())
    const waiting = () =>
      sql`select from pg_stat_activity where wait_event_type = 'Lock' and query like 'delete from "quarantine"%'`
        .execute(db)
        .then(({ rows }) => rows.length)
    await expect.poll(waiting).toBe(1)
    program.kill('SIGKILL')
    expect((await program.exit).signal).toBe('SIGKILL')
    // A backend that waits for a lock does not notice that its client is gone; it has sent no commit, and never will.
    await holding.rollback().execute()
    await expect.poll(() => storedEvents(db, event.event_id)).toEqual([])
    await expect.poll(waiting).toBe(0)
    expect(await quarantined(db, id)).toEqual(before)
    expect(await run('retry', id)).toMatchObject({ code: 0 })
    expect(await storedEvents(db, event.event_id)).toHaveLength(1)
  })

  test('--help names what it does', async () => {
    const { code, stdout } = await run('--help')
    expect(code).toBe(0)
    for (const word of ['list', 'show', 'retry', 'discard']) expect(stdout).toContain(word)
  })
})
