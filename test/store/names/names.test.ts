import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { MAX_NAME_LENGTH } from '../../../src/domain/fold-name.ts'
import { parseInstant } from '../../../src/domain/instant.ts'
import type { NameKind } from '../../../src/domain/name-kinds.ts'
import { listChangedNames } from '../../../src/store/names/list-changed-names.ts'
import type { ListedName } from '../../../src/store/names/listed-name.ts'
import { listNames } from '../../../src/store/names/list-names.ts'
import { listNameSyncs } from '../../../src/store/names/list-name-syncs.ts'
import { listNamesOf } from '../../../src/store/names/list-names-of.ts'
import type { NameVisibility } from '../../../src/store/names/name-visibility-sql.ts'
import { saveGoneName, saveVanishedNames } from '../../../src/store/names/save-gone-names.ts'
import { saveNameSync } from '../../../src/store/names/save-name-sync.ts'
import { saveNames } from '../../../src/store/names/save-names.ts'
import { saveNewName } from '../../../src/store/names/save-new-name.ts'
import { readDatabaseClock } from '../../../src/postgres/read-database-clock.ts'
import { queryTest } from '../../support/query-test.ts'
import { WORKSPACE_ID } from '../../support/sample-event.ts'
import { databaseOfThisFile } from '../../support/test-database.ts'

const { database, db } = await databaseOfThisFile()
beforeEach(() => database.empty())

const ALL: NameVisibility = { kind: 'all' }
const at = (minute: number) => `2026-03-01T10:${String(minute).padStart(2, '0')}:00.000000Z`
const asked = (minute: number, kind: NameKind = 'device') => ({
  workspaceId: WORKSPACE_ID,
  kind,
  askedAt: at(minute),
})

function thing(fields: Partial<ListedName> = {}): ListedName {
  return {
    id: randomUUID(),
    name: 'Room 204',
    deviceType: null,
    manufacturer: null,
    connectedAccountId: null,
    deviceId: null,
    spaceIds: [],
    customMetadata: null,
    ...fields,
  }
}

const stored = () => listNames(db, { workspaceId: WORKSPACE_ID, visibility: ALL, limit: 1_000 })
const renamed = (id: string, name: string, minute: number) =>
  saveNewName(db, {
    workspaceId: WORKSPACE_ID,
    kind: 'device',
    id,
    name,
    connectedAccountId: null,
    createdAt: parseInstant(at(minute)) ?? 0n,
  })

test('what was stored before the clock was set back does not outlast what is asked now', async () => {
  const [lock, other] = [thing(), thing()]
  const past = { ...asked(1), askedAt: '2100-01-01T00:00:00.000000Z' }
  await saveNames(db, past, [lock, other])
  await saveNameSync(db, past, 2)
  const now = { ...asked(1), askedAt: await readDatabaseClock(db) }
  expect(await saveNames(db, now, [{ ...lock, name: 'Suite 1' }])).toBe(1)
  expect(await saveVanishedNames(db, now, [lock.id])).toBe(1)
  await saveNameSync(db, now, 1)
  expect(await listNameSyncs(db, WORKSPACE_ID)).toMatchObject([{ listedAt: now.askedAt, listed: 1 }])

  await queryTest(db, "update names set as_of = '2100-01-01'")
  await renamed(lock.id, 'Suite 2', 2)
  expect(await stored()).toMatchObject([{ name: 'Room 204', isGone: true }, { name: 'Suite 2' }])
})

describe('what is known', () => {
  test('everything of a thing is stored and shown', async () => {
    const account = randomUUID()
    const lock = thing({
      deviceType: 'august_lock',
      manufacturer: 'August',
      connectedAccountId: account,
      spaceIds: [randomUUID(), randomUUID()],
      customMetadata: '{"floor":"2","nul":"\\u0000"}',
    })
    expect(await saveNames(db, asked(1), [lock])).toBe(1)
    const { deviceId: _, ...shown } = lock
    expect(await stored()).toEqual([{ ...shown, kind: 'device', folded: 'room 204', isGone: false }])
  })

  test('a code belongs to the account of its device', async () => {
    const lock = thing({ connectedAccountId: randomUUID() })
    const code = thing({ name: 'Guest', deviceId: lock.id })
    await saveNames(db, asked(1), [lock])
    await saveNames(db, asked(1, 'access_code'), [code])
    expect(await stored()).toMatchObject([
      { id: code.id, connectedAccountId: lock.connectedAccountId },
      { id: lock.id },
    ])
  })

  test('only things that differ from their rows count as changed, and things that are gone', async () => {
    const [same, other, fresh, gone] = [thing(), thing(), thing({ customMetadata: '{}' }), thing()]
    await saveNames(db, asked(1), [same, other, gone])
    await saveGoneName(db, asked(2), gone.id)
    const changes: Partial<ListedName>[] = [
      { name: null },
      { name: 'Room 205' },
      { deviceType: 'x' },
      { manufacturer: 'x' },
      { connectedAccountId: randomUUID() },
      { spaceIds: [randomUUID()] },
      { customMetadata: '{"a":"b"}' },
    ]
    const about = { workspaceId: WORKSPACE_ID, kind: 'device' as const }
    for (const change of changes) {
      const listed = [same, { ...other, ...change }, fresh, gone]
      expect(await listChangedNames(db, about, listed)).toEqual(listed.slice(1))
    }
  })

  test('what a listing lacks keeps its name and is gone, until it is listed again', async () => {
    const [here, lost] = [thing(), thing({ name: 'Room 205' })]
    const code = thing({ name: 'Guest' })
    await saveNames(db, asked(1), [here, lost])
    await saveNames(db, asked(1, 'access_code'), [code])
    expect(await saveVanishedNames(db, asked(2), [here.id])).toBe(1)
    expect((await stored()).map(({ name, isGone }) => ({ name, isGone }))).toEqual([
      { name: 'Guest', isGone: false },
      { name: 'Room 204', isGone: false },
      { name: 'Room 205', isGone: true },
    ])
    await saveNames(db, asked(3), [lost])
    expect((await stored()).filter(({ isGone }) => isGone)).toEqual([])
  })

  test('older knowledge never replaces newer', async () => {
    const lock = thing()
    await saveNames(db, asked(5), [lock])
    await renamed(lock.id, 'older', 4)
    expect(await stored()).toMatchObject([{ name: 'Room 204' }])
    await renamed(lock.id, 'newer', 6)
    await saveNames(db, asked(5), [lock])
    await saveVanishedNames(db, asked(5), [])
    expect(await stored()).toMatchObject([{ name: 'newer', folded: 'newer', isGone: false }])
    await saveNames(db, asked(7), [lock])
    expect(await stored()).toMatchObject([{ name: 'Room 204' }])
  })

  test('a name from the future does not outlast the next listing', async () => {
    const lock = thing()
    await saveNewName(db, {
      workspaceId: WORKSPACE_ID,
      kind: 'device',
      id: lock.id,
      name: 'from the future',
      connectedAccountId: null,
      createdAt: parseInstant('2999-01-01T00:00:00Z') ?? 0n,
    })
    await saveNames(db, { ...asked(1), askedAt: '2998-01-01T00:00:00Z' }, [lock])
    expect(await stored()).toMatchObject([{ name: 'Room 204' }])
  })

  test('an id stays with the kind that had it first', async () => {
    const lock = thing()
    await saveNames(db, asked(1), [lock])
    const same = thing({ id: lock.id, name: 'Guest' })
    const about = { workspaceId: WORKSPACE_ID, kind: 'access_code' as const }
    expect(await listChangedNames(db, about, [same])).toEqual([])
    expect(await saveNames(db, asked(2, 'access_code'), [same])).toBe(0)
    expect(await stored()).toMatchObject([{ kind: 'device', name: 'Room 204' }])
  })

  test('workspaces do not meet', async () => {
    const lock = thing()
    await saveNames(db, asked(1), [lock])
    const other = { ...asked(2), workspaceId: randomUUID() }
    await saveNames(db, other, [{ ...lock, name: 'another' }])
    await saveVanishedNames(db, other, [])
    expect(await stored()).toMatchObject([{ name: 'Room 204', isGone: false }])
  })
})

describe('a part of a name', () => {
  const find = (q: string, rest: { kind?: NameKind; limit?: number } = {}) =>
    listNames(db, { workspaceId: WORKSPACE_ID, visibility: ALL, q, limit: 10, ...rest })

  test('is found in any case and width, and signs of patterns stand for themselves', async () => {
    const names = ['Room 204', 'Zimmer ÄÖ', '100 % Spa', 'a_b', String.raw`back\slash`, '２０４ wide', null]
    const things = names.map((name) => thing({ name }))
    await saveNames(db, asked(1), things)
    const namesOf = async (q: string) => {
      const found = await find(q)
      return found.map(({ id }) => things.find((one) => one.id === id)?.name)
    }
    expect(await namesOf('204')).toEqual(['２０４ wide', 'Room 204'])
    expect(await namesOf('ROOM')).toEqual(['Room 204'])
    expect(await namesOf('äö')).toEqual(['Zimmer ÄÖ'])
    expect(await namesOf('%')).toEqual(['100 % Spa'])
    expect(await namesOf('_')).toEqual(['a_b'])
    expect(await namesOf('\\')).toEqual([String.raw`back\slash`])
    expect(await namesOf('nothing')).toEqual([])
  })

  test('is looked for among the things of the asked kind, up to the limit', async () => {
    await saveNames(db, asked(1), [thing(), thing(), thing()])
    await saveNames(db, asked(1, 'space'), [thing()])
    expect(await find('204', { kind: 'space' })).toMatchObject([{ kind: 'space' }])
    expect(await find('204')).toHaveLength(4)
    expect(await find('204', { limit: 3 })).toHaveLength(3)
  })
})

test('the longest names of the widest characters can be stored', async () => {
  const name = '﷽'.repeat(MAX_NAME_LENGTH)
  await saveNames(db, asked(1), [thing({ name })])
  expect(await stored()).toMatchObject([{ name }])
})

test('I10: a client session sees the things of its accounts, its own people, and the spaces that hold its things today', async () => {
  const accounts = Array.from({ length: 3 }, () => randomUUID())
  const spaces = Array.from({ length: 4 }, () => thing({ name: 'space' }))
  const people = Array.from({ length: 3 }, () => thing({ name: 'person' }))
  const someThing = fc.record({
    kind: fc.constantFrom<NameKind>('device', 'acs_entrance', 'access_code', 'connected_account'),
    account: fc.option(fc.nat(2)),
    spaces: fc.subarray([0, 1, 2, 3]),
    isGone: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(
      fc.array(someThing, { maxLength: 8 }),
      fc.subarray([0, 1, 2]),
      fc.subarray([0, 1, 2]),
      async (some, own, ownPeople) => {
        const workspaceId = randomUUID()
        const ask = (minute: number, kind: NameKind) => ({ ...asked(minute, kind), workspaceId })
        await saveNames(db, ask(1, 'space'), spaces)
        await saveNames(db, ask(1, 'user_identity'), people)
        const things = some.map((one) => ({
          ...one,
          listed: thing({
            connectedAccountId: one.account === null ? null : (accounts[one.account] as string),
            spaceIds: one.spaces.map((n) => (spaces[n] as ListedName).id),
          }),
        }))
        for (const { kind, listed, isGone } of things) {
          await saveNames(db, ask(1, kind), [listed])
          if (isGone) await saveGoneName(db, ask(2, kind), listed.id)
        }
        const isOwn = ({ account }: { account: number | null }) => account !== null && own.includes(account)
        const held = things.filter((one) => isOwn(one) && !one.isGone).flatMap((one) => one.spaces)
        const expected = [
          ...things.filter(isOwn).map(({ listed }) => listed.id),
          ...ownPeople.map((n) => (people[n] as ListedName).id),
          ...new Set(held.map((n) => (spaces[n] as ListedName).id)),
        ].toSorted()

        const visibility: NameVisibility = {
          kind: 'only',
          connectedAccountIds: own.map((n) => accounts[n] as string),
          userIdentityIds: [...ownPeople.map((n) => (people[n] as ListedName).id), 'no uuid'],
        }
        const everything = [...things.map(({ listed }) => listed), ...spaces, ...people]
        const byId = await listNamesOf(
          db,
          workspaceId,
          visibility,
          everything.map(({ id }) => id),
        )
        const listed = await listNames(db, { workspaceId, visibility, limit: 1_000 })
        const byName = [
          ...(await listNames(db, { workspaceId, visibility, q: 'r', limit: 1_000 })),
          ...(await listNames(db, { workspaceId, visibility, q: 'space', limit: 1_000 })),
        ]
        for (const shown of [byId, listed, byName])
          expect(shown.map(({ id }) => id).toSorted()).toEqual(expected)
      },
    ),
    { numRuns: 60 },
  )
})
