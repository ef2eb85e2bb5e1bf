import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { namesIn } from '../../../src/api/names/names-in.ts'
import type { Caller } from '../../../src/domain/caller.ts'
import { saveNames } from '../../../src/store/names/save-names.ts'
import { WORKSPACE_ID } from '../../support/sample-event.ts'
import { databaseOfThisFile } from '../../support/test-database.ts'

const { db } = await databaseOfThisFile()

test('the names of all ids in an answer, as far as the caller may see them (I10)', async () => {
  const [account, lock, other, unnamed] = Array.from({ length: 4 }, () => randomUUID()) as [
    string,
    string,
    string,
    string,
  ]
  const plain = { deviceType: null, manufacturer: null, deviceId: null, spaceIds: [], customMetadata: null }
  await saveNames(db, { workspaceId: WORKSPACE_ID, kind: 'device', askedAt: '2026-03-01T10:00:00Z' }, [
    { ...plain, id: lock, name: 'Room "204"', connectedAccountId: account },
    { ...plain, id: other, name: 'Room 205', connectedAccountId: randomUUID() },
    { ...plain, id: unnamed, name: null, connectedAccountId: account },
  ])
  const texts = [
    `{"device_id":"${lock.toUpperCase()}","other_ids":["${other}", "${randomUUID()}"],"text":"${unnamed} is no id"}`,
    `{"device_id":"${unnamed}"}`,
  ]
  const about = { workspaceId: WORKSPACE_ID }
  const key: Caller = { ...about, kind: 'key', keyId: 'k', scopes: [] }
  const shown = (name: string | null) => ({ kind: 'device', name, is_gone: false })
  expect(JSON.parse(await namesIn(db, key, texts))).toEqual({
    [lock]: shown('Room "204"'),
    [other]: shown('Room 205'),
    [unnamed]: shown(null),
  })
  const session: Caller = {
    ...about,
    kind: 'client_session',
    clientSessionId: 's',
    token: 't',
    connectedAccountIds: [account],
    userIdentityIds: [],
    connectWebviewIds: [],
  }
  expect(JSON.parse(await namesIn(db, session, texts))).toEqual({
    [lock]: shown('Room "204"'),
    [unnamed]: shown(null),
  })
  expect(await namesIn(db, key, [])).toBe('{}')
})
