import { randomUUID } from 'node:crypto'
import { pino } from 'pino'
import { afterEach, expect, test } from 'vitest'
import { openWorkspaces } from '../../src/workspaces/open-workspaces.ts'
import { databaseOfThisFile } from '../support/test-database.ts'

const logger = pino({ level: 'silent' })
const [A, B, C] = [randomUUID(), randomUUID(), randomUUID()]

const { db } = await databaseOfThisFile()

afterEach(() => db.deleteFrom('workspaces').execute())

const open = (...entries: [key: string, workspaceId: string | null][]) =>
  openWorkspaces(
    db,
    entries.map(([key, workspaceId]) => ({ key, workspaceId })),
    logger,
  )

test('what Seam says replaces what a webhook said, and what Seam said before', async () => {
  const workspaces = await open(['north', null])
  expect(await workspaces.learn('north', A, 'webhook')).toBe(A)
  expect(await workspaces.learn('north', B, 'webhook')).toBe(A)
  expect(await workspaces.learn('north', B, 'upstream')).toBe(B)
  expect(await workspaces.learn('north', A, 'webhook')).toBe(B)
  expect(await workspaces.learn('north', C, 'upstream')).toBe(C)
  expect((await open(['north', null])).byKey('north')).toEqual({
    key: 'north',
    id: C,
    learnedFrom: 'upstream',
  })
})

test('two entries cannot be the same workspace, and the error names both', async () => {
  await expect(open(['north', A], ['south', A])).rejects.toThrow(/north and south .*are the same workspace/)
  const workspaces = await open(['east', A], ['west', null])
  await expect(workspaces.learn('west', A, 'upstream')).rejects.toThrow(/east and west/)
  expect(workspaces.byKey('west').id).toBeNull()
})

test('an id that is no longer configured is only a hint: Seam may say otherwise', async () => {
  await open(['north', A])
  const workspaces = await open(['north', null])
  expect(workspaces.byKey('north')).toEqual({ key: 'north', id: A, learnedFrom: 'webhook' })
  expect(await workspaces.learn('north', B, 'upstream')).toBe(B)
})

test('two entries that swap their ids find their way back', async () => {
  await open(['north', A], ['south', B])
  const swapped = await open(['north', B], ['south', A])
  expect(swapped.all().map(({ key, id }) => [key, id])).toEqual([
    ['north', B],
    ['south', A],
  ])
})

test('an entry that was renamed keeps its workspace', async () => {
  await open(['north', A])
  expect((await open(['north-wing', A])).byKey('north-wing').id).toBe(A)
  expect(await db.selectFrom('workspaces').select('config_key').execute()).toEqual([
    { config_key: 'north-wing' },
  ])
})

test('asking for a name that is not configured throws', async () => {
  const workspaces = await open(['north', null])
  expect(() => workspaces.byKey('south')).toThrow('south')
})
