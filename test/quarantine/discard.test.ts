import { beforeEach, expect, test } from 'vitest'
import { databaseOfThisFile } from '../support/test-database.ts'
import { idsInQuarantine, putAside, runQuarantine } from './quarantine-rig.ts'
import { maskingSecrets } from '../../src/secrets/masking-secrets.ts'

const { database, db } = await databaseOfThisFile()
beforeEach(() => db.deleteFrom('quarantine').execute())

const run = (...args: string[]) => runQuarantine(database.url, ['discard', ...args])

test('discard removes the items that are named, and says how many', async () => {
  const [one, two, three] = [
    await putAside(db, 'one', { secrets: maskingSecrets() }),
    await putAside(db, 'two', { secrets: maskingSecrets() }),
    await putAside(db, 'three', { secrets: maskingSecrets() }),
  ]
  expect(await run(one, three, one, '--yes')).toMatchObject({
    text: '',
    said: ['2 items discarded.'],
    error: null,
  })
  expect(await idsInQuarantine(db)).toEqual([two])
  expect(await run(two, '--yes')).toMatchObject({ said: ['1 item discarded.'], error: null })
})

test('I11: discard without --yes removes nothing', async () => {
  const id = await putAside(db, 'one', { secrets: maskingSecrets() })
  const { lines, error } = await run(id)
  expect(lines).toEqual([])
  expect(error?.message).toBe('This removes 1 item for good; add --yes to do it. Nothing was discarded.')
  expect(await idsInQuarantine(db)).toEqual([id])
})

test.each(['999999', 'all'])(
  'I11: discard with the unknown id %s among others removes nothing, and names it',
  async (unknown) => {
    const id = await putAside(db, 'one', { secrets: maskingSecrets() })
    const { lines, error } = await run(id, unknown, '--yes')
    expect(lines).toEqual([])
    expect(error?.message).toContain(`There is no item ${unknown} in quarantine`)
    expect(await idsInQuarantine(db)).toEqual([id])
  },
)

test('when two calls discard the same items at once, only one reports success', async () => {
  const ids = [
    await putAside(db, 'one', { secrets: maskingSecrets() }),
    await putAside(db, 'two', { secrets: maskingSecrets() }),
  ]
  const runs = await Promise.all([run(...ids, '--yes'), run(...ids.toReversed(), '--yes')])
  expect(runs.filter(({ error }) => error === null)).toHaveLength(1)
  expect(await idsInQuarantine(db)).toEqual([])
})
