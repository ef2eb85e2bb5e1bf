import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, test } from 'vitest'
import { type Faults, startSimulatedSeam } from '../../src/simulated-seam/start-simulated-seam.ts'
import { MAX_UNUSABLE } from '../../src/sessions/read-listing.ts'
import { queryTest } from '../support/query-test.ts'
import { WORKSPACE_ID } from '../support/sample-event.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import { sampleSession } from './sample-session.ts'
import { sessionRows, startSync, syncRecord } from './sync-rig.ts'
import { type Answer, listing, startUpstream, workspaceAnswer } from './upstream.ts'

const { db } = await databaseOfThisFile()
beforeEach(() => queryTest(db, 'truncate client_sessions, client_session_syncs'))

const [known, other] = [sampleSession(), sampleSession()]
const whole = listing(known, other)
const status =
  (code: number, body = '{"error":{"type":"x","message":"y"},"ok":false}'): Answer =>
  (response) => {
    response.writeHead(code, { 'content-type': 'application/json' }).end(body)
  }
const cut: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': whole.length })
  response.write(whole.slice(0, whole.length / 2), () => response.destroy())
}
const withoutId = { ...other, client_session_id: undefined }
const padded = whole.replace('"ok":true', `"ok":true,"padding":"${'x'.repeat(2 * 1024 * 1024)}"`)
const manyBad = Array.from({ length: MAX_UNUSABLE + 1 }, (_, i) => ({ client_session_id: i }))
const paged = (hasMore: unknown) =>
  whole.replace('"ok":true', `"pagination":{"has_next_page":${String(hasMore)}},"ok":true`)

describe('an answer that may not be the whole list changes nothing, and says why', () => {
  test.each<[string, string | Answer, RegExp]>([
    ['an error 500', status(500), /500/],
    ['an error 404', status(404), /404/],
    ['refused credentials', status(401), /does not accept the credentials/],
    ['half of the bytes', cut, /did not answer/],
    ['JSON that stops in the middle', whole.slice(0, -20), /not JSON/],
    ['an empty body', '', /not JSON/],
    ['a page of HTML', '<html></html>', /not JSON/],
    ['no list', '{"ok":true}', /without a list/],
    ['null for a list', '{"client_sessions":null,"ok":true}', /without a list/],
    ['an object for a list', '{"client_sessions":{},"ok":true}', /without a list/],
    ['a list as the whole answer', '[]', /not an object/],
    ['null', 'null', /not an object/],
    ['ok: false', whole.replace('"ok":true', '"ok":false'), /it is ok/],
    ['one page of several', paged(true), /one page of several/],
    ['two lists', whole.replace('"ok":true', '"client_sessions":[],"ok":true'), /two lists/],
    ['an item that is not JSON', listing(known, other, '{"client_session_id":x}'), /not JSON/],
    ['two items without a comma', whole.replace('},{', '}{'), /not JSON/],
    ['a comma too many', whole.replace('}]', '},]'), /not JSON/],
    ['a bracket too many', whole.replace('}]', '}]]'), /not JSON/],
    ['more around the list than there is room for', padded, /larger than/],
    ['no usable item', listing(withoutId), /1 of 1 items .* cannot be used \(session_bad_id\)/],
    ['too many unusable items', listing(known, ...manyBad), /1001 of 1002 items .* cannot be used/],
  ])('%s', async (_title, answer, reason) => {
    const upstream = await startUpstream()
    upstream.sessions = listing(known)
    const sync = await startSync(db, upstream.url)
    await sync.syncNow()
    const before = await sessionRows(db)
    expect(before).toHaveLength(1)

    upstream.sessions = answer
    await sync.syncNow()
    expect(await sessionRows(db)).toEqual(before)
    expect(sync.status()).toMatchObject({ failures: 1, lastError: expect.stringMatching(reason) as string })
    expect(await syncRecord(db)).toEqual({
      outcome: 'failed',
      error: expect.stringMatching(reason) as string,
      failures: 1,
      listed: 1,
      hasSucceeded: true,
    })
    expect(sync.logs.join('')).not.toContain(other.token)

    upstream.sessions = whole
    await sync.syncNow()
    expect(await sessionRows(db)).toHaveLength(2)
    expect(await syncRecord(db)).toMatchObject({ outcome: 'complete', error: null, failures: 0 })
  })

  test.each<[string, string | Answer, RegExp]>([
    [
      'of another workspace',
      workspaceAnswer({ workspace_id: randomUUID() }),
      /credentials are for workspace/,
    ],
    ['of nobody', '{"ok":true}', /without a workspace id/],
    ['that cannot be read', 'oops', /not JSON/],
    ['that say no', status(401), /does not accept the credentials/],
  ])('an empty list for credentials %s', async (_title, answer, reason) => {
    const upstream = await startUpstream()
    upstream.sessions = listing(known)
    const sync = await startSync(db, upstream.url)
    await sync.syncNow()
    Object.assign(upstream, { sessions: listing(), workspace: answer })
    await sync.syncNow()
    expect(await sessionRows(db)).toMatchObject([{ isDeleted: false }])
    expect(sync.status().lastError).toMatch(reason)
  })
})

test('neither is a byte order mark', async () => {
  const upstream = await startUpstream()
  upstream.sessions = `\uFEFF${whole}`
  const sync = await startSync(db, upstream.url)
  await sync.syncNow()
  expect(await sessionRows(db)).toHaveLength(2)
})

test('pagination that says there is no more is no reason to refuse', async () => {
  const upstream = await startUpstream()
  upstream.sessions = paged(false)
  const sync = await startSync(db, upstream.url)
  await sync.syncNow()
  expect(await sessionRows(db)).toHaveLength(2)
})

test('a first sync that fails is a failure, not an empty workspace', async () => {
  const upstream = await startUpstream()
  upstream.sessions = status(500)
  const sync = await startSync(db, upstream.url)
  await sync.syncNow()
  expect(await syncRecord(db)).toMatchObject({ outcome: 'failed', listed: null, hasSucceeded: false })
  expect(sync.status()).toMatchObject({ lastSuccessAt: null })
})

test.each<[string, Partial<Faults>]>([
  ['resets', { resetRate: 1 }],
  ['rate limits', { rateLimitRate: 1, retryAfter: '1' }],
  ['errors', { errorRate: 1 }],
  ['HTML', { htmlRate: 1 }],
  ['broken JSON', { invalidJsonRate: 1 }],
  ['cut answers', { truncateRate: 1 }],
  ['refusals', { rejectCredentials: true }],
])(
  'a simulated workspace that answers with %s keeps its sessions, and the next good sync succeeds',
  async (_title, faults) => {
    const seam = await startSimulatedSeam({ workspaceId: WORKSPACE_ID })
    try {
      const sync = await startSync(db, seam.url, { apiKey: seam.apiKey })
      await sync.syncNow()
      const before = await sessionRows(db)
      expect(before.length).toBeGreaterThan(1)
      const [gone] = seam.hotel.clientSessions.splice(0, 1)
      seam.setFaults(faults)
      await sync.syncNow()
      expect(await sessionRows(db)).toEqual(before)
      expect(sync.status().failures).toBe(1)

      seam.setFaults(
        Object.fromEntries(
          Object.keys(faults).map((name) => [name, name === 'rejectCredentials' ? false : 0]),
        ),
      )
      await sync.syncNow()
      const after = await sessionRows(db)
      expect(after.filter(({ isDeleted }) => isDeleted).map(({ id }) => id)).toEqual([
        gone?.client_session_id,
      ])
    } finally {
      await seam.stop()
    }
  },
)
