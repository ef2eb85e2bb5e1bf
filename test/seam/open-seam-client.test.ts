import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { getWorkspace } from '../../src/seam/get-workspace.ts'
import { listClientSessions } from '../../src/seam/list-client-sessions.ts'
import { listEventsPage } from '../../src/seam/list-events-page.ts'
import { openSeamClient, type SeamClient } from '../../src/seam/open-seam-client.ts'
import { SeamError } from '../../src/seam/seam-error.ts'
import {
  startSimulatedSeam,
  type Faults,
  type SimulatedSeam,
} from '../../src/simulated-seam/start-simulated-seam.ts'

const NEVER = new AbortController().signal
const EVERYTHING = { after: 0n, before: null, offset: 0, limit: 500 }
const API_KEY = 'seam_test1_a_key_that_must_not_be_shown'

let seam: SimulatedSeam

beforeEach(async () => {
  seam = await startSimulatedSeam({ apiKey: API_KEY })
})
afterEach(() => seam.stop())

function clientFor(endpoint: string, timeoutMs = 120_000): SeamClient {
  return openSeamClient({ endpoint, credentials: { kind: 'api_key', apiKey: API_KEY }, timeoutMs })
}

/** Returns the error of a call. Fails when there is none, or when its message has the key in it. */
async function errorOf(work: Promise<unknown>): Promise<SeamError> {
  const error = await work.then(
    () => new Error('It succeeded'),
    (reason: unknown) => reason,
  )
  if (!(error instanceof SeamError)) throw error
  const shown = [error.message, error.stack, JSON.stringify(error), String(error.cause)].join('\n')
  expect(shown).not.toContain(API_KEY)
  return error
}

/** An upstream that answers whatever the test wants. */
async function startUpstream(answer: RequestListener): Promise<string> {
  const server = createServer({ keepAliveTimeout: 0 }, answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('the Seam client', () => {
  test('I7: brings the events as the text that was sent, and which workspace the key is for', async () => {
    const [event] = seam.add([{ event_type: 'lock.locked', created_at: '2026-01-01T00:00:00.123456Z' }])
    const page = await listEventsPage(clientFor(seam.url), EVERYTHING, NEVER)
    expect(page.items).toEqual([JSON.stringify(event)])
    expect(await getWorkspace(clientFor(seam.url), NEVER)).toMatchObject({ workspaceId: seam.workspaceId })
  })

  test('works with a personal access token and its workspace', async () => {
    const client = openSeamClient({
      endpoint: seam.url,
      credentials: {
        kind: 'personal_access_token',
        token: seam.personalAccessToken,
        workspaceId: seam.workspaceId,
      },
      timeoutMs: 120_000,
    })
    expect((await getWorkspace(client, NEVER)).workspaceId).toBe(seam.workspaceId)
  })

  const faults: [what: string, faults: Partial<Faults>, kind: string, says: RegExp][] = [
    ['429', { rateLimitRate: 1 }, 'busy', /429 rate_limited/],
    ['503', { failNext: 1 }, 'busy', /503/],
    ['500', { errorRate: 1 }, 'unavailable', /500/],
    ['a page of HTML', { htmlRate: 1 }, 'bad_answer', /not JSON/],
    ['JSON that breaks off', { invalidJsonRate: 1 }, 'bad_answer', /not JSON/],
    ['an answer that is cut off', { truncateRate: 1 }, 'unavailable', /did not answer/],
    ['a connection that is reset', { resetRate: 1 }, 'unavailable', /ERR_NETWORK/],
    ['401', { rejectCredentials: true }, 'credentials', /does not accept the credentials/],
  ]
  test.each(faults)(
    '%s: %j is an error of the kind %s, after one attempt',
    async (_what, fault, kind, says) => {
      seam.add([{ event_type: 'lock.locked' }])
      seam.setFaults(fault)
      const error = await errorOf(listEventsPage(clientFor(seam.url), EVERYTHING, NEVER))
      expect(error.kind).toBe(kind)
      expect(error.message).toMatch(says)
      expect(seam.requests()).toHaveLength(1)
    },
  )

  test.each([
    [502, 'unavailable'],
    [503, 'busy'],
    [504, 'unavailable'],
  ])('a proxy’s %d is %s, and passes', async (status, kind) => {
    const url = await startUpstream((_request, response) =>
      response.writeHead(status, { 'content-type': 'text/html' }).end('<html>Bad gateway</html>'),
    )
    expect((await errorOf(getWorkspace(clientFor(url), NEVER))).kind).toBe(kind)
  })

  test.each([
    ['7', 7000],
    ['3600', 3_600_000],
    ['soon', null],
    ['99999999999999999999', null],
    [new Date(Date.now() - 60_000).toUTCString(), 0],
  ])('Retry-After: %s is passed on as %s milliseconds', async (retryAfter, expected) => {
    const url = await startUpstream((_request, response) =>
      response.writeHead(429, { 'retry-after': retryAfter }).end('{}'),
    )
    expect((await errorOf(getWorkspace(clientFor(url), NEVER))).retryAfterMs).toBe(expected)
  })

  test('Retry-After as a date is read as the time until then', async () => {
    const at = new Date(Date.now() + 60_000).toUTCString()
    const url = await startUpstream((_request, response) =>
      response.writeHead(503, { 'retry-after': at }).end(),
    )
    const { retryAfterMs } = await errorOf(getWorkspace(clientFor(url), NEVER))
    expect(retryAfterMs).toBeGreaterThan(50_000)
    expect(retryAfterMs).toBeLessThanOrEqual(60_000)
  })

  test.each([
    ['404 api_key_not_found, as production says it', 404, 'api_key_not_found', 'credentials'],
    ['404 of another kind', 404, 'not_found', 'rejected'],
    ['400', 400, 'invalid_input', 'rejected'],
    ['403', 403, 'forbidden', 'rejected'],
    ['502 without a body', 502, null, 'unavailable'],
    ['204', 204, null, 'bad_answer'],
  ])('%s is %d %s: an error of the kind %s', async (_what, status, type, kind) => {
    const url = await startUpstream((_request, response) => {
      const body = type && JSON.stringify({ error: { type, message: API_KEY }, ok: false })
      response.writeHead(status, { 'content-type': 'application/json' }).end(body)
    })
    expect((await errorOf(getWorkspace(clientFor(url), NEVER))).kind).toBe(kind)
  })

  test.each([301, 302, 307])('a redirect (%d) is a bad answer, and is not followed', async (status) => {
    const paths: (string | undefined)[] = []
    const url = await startUpstream((request, response) => {
      paths.push(request.url)
      response.writeHead(status, { location: '/elsewhere' }).end()
    })
    expect((await errorOf(getWorkspace(clientFor(url), NEVER))).kind).toBe('bad_answer')
    expect(paths).toEqual(['/workspaces/get'])
  })

  test('I12: an answer that does not end is given up past the limit, long before the timeout', async () => {
    let sent = 0
    const url = await startUpstream((_request, response) => {
      const chunk = Buffer.alloc(1024 * 1024, ' ')
      const write = () => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length
        sent += chunk.length
      }
      response.on('drain', write)
      write()
    })
    const error = await errorOf(getWorkspace(clientFor(url), NEVER))
    expect(error.kind).toBe('too_large')
    expect(sent).toBeLessThan(200 * 1024 * 1024)
  })

  test.each(['{}', '{"workspace":null}', '{"workspace":{"workspace_id":"seed_workspace_1"}}', 'null', '[]'])(
    'a workspace answered as %s is a bad answer',
    async (body) => {
      const url = await startUpstream((_request, response) => response.end(body))
      expect((await errorOf(getWorkspace(clientFor(url), NEVER))).kind).toBe('bad_answer')
    },
  )

  test.each(['{}', '{"events":null}', '{"events":{}}', '[]', 'null', '"events"', ''])(
    'events answered as %j are a bad answer',
    async (body) => {
      const url = await startUpstream((_request, response) => response.end(body))
      expect((await errorOf(listEventsPage(clientFor(url), EVERYTHING, NEVER))).kind).toBe('bad_answer')
    },
  )

  test('an upstream that does not answer in time is unavailable', async () => {
    seam.setFaults({ slowRate: 1, slowMs: 600_000 })
    expect((await errorOf(getWorkspace(clientFor(seam.url, 100), NEVER))).kind).toBe('unavailable')
  })

  test('I12: an upstream that trickles its answer is cut off by the same timeout', async () => {
    const url = await startUpstream((_request, response) => {
      response.write('{')
      const timer = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(timer))
    })
    expect((await errorOf(getWorkspace(clientFor(url, 150), NEVER))).kind).toBe('unavailable')
  })

  test('an upstream that is not there is unavailable, and the code says why', async () => {
    const url = seam.url
    await seam.stop()
    const error = await errorOf(getWorkspace(clientFor(url), NEVER))
    expect(error).toMatchObject({ kind: 'unavailable', message: expect.stringContaining('ECONNREFUSED') })
  })

  test('I14: a call is given up when the service stops', async () => {
    seam.setFaults({ slowRate: 1, slowMs: 600_000 })
    const stopping = new AbortController()
    const call = errorOf(getWorkspace(clientFor(seam.url), stopping.signal))
    await expect.poll(() => seam.requests().length).toBe(1)
    stopping.abort()
    expect((await call).kind).toBe('unavailable')
  })
})

describe('I6: the upstream’s clock', () => {
  test('is read from its Date header, and is never ahead of it', async () => {
    for (const clockOffsetMs of [0, 3_600_000, -3_600_000]) {
      seam.setFaults({ clockOffsetMs })
      const before = BigInt(Date.now() + clockOffsetMs) * 1000n
      const { date } = await listEventsPage(clientFor(seam.url), EVERYTHING, NEVER)
      const after = BigInt(Date.now() + clockOffsetMs) * 1000n
      if (date.kind !== 'read') throw new Error(`The clock is ${date.kind}.`)
      expect(date.earliest).toBeLessThanOrEqual(after)
      // The header has whole seconds.
      expect(date.earliest).toBeGreaterThanOrEqual(before - 2_000_000n)
      expect(date.latest).toBeGreaterThanOrEqual(before)
      expect(date.latest).toBeLessThanOrEqual(after + 2_000_000n)
    }
  })

  test('is the time before the request: the duration of the exchange is subtracted', async () => {
    const { promise: mayAnswer, resolve: answer } = Promise.withResolvers<void>()
    const date = new Date(Math.floor(Date.now() / 1000) * 1000)
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>()
    const url = await startUpstream((_request, response) => {
      arrive()
      void mayAnswer.then(() =>
        response.writeHead(200, { date: date.toUTCString() }).end('{"events":[],"ok":true}'),
      )
    })
    const sentAt = performance.now()
    const page = listEventsPage(clientFor(url), EVERYTHING, NEVER)
    await arrived
    const heldFrom = performance.now()
    await expect.poll(() => performance.now() - heldFrom).toBeGreaterThan(300)
    answer()
    const { date: read } = await page
    if (read.kind !== 'read') throw new Error(`The clock is ${read.kind}.`)
    const subtracted = Number(BigInt(date.getTime()) * 1000n - read.earliest) / 1000
    expect(subtracted).toBeGreaterThanOrEqual(300)
    expect(subtracted).toBeLessThanOrEqual(performance.now() - sentAt + 1)
  })

  test('is missing without the header', async () => {
    seam.setFaults({ omitDateHeader: true })
    expect((await listEventsPage(clientFor(seam.url), EVERYTHING, NEVER)).date).toEqual({ kind: 'missing' })
  })

  test.each([
    'today',
    '0',
    '-1',
    '',
    '2026-11-25T10:00:00Z',
    '1764064800',
    'Wed, 25 Nov 2026 10:00:00',
    'Wed, 25 Nov 2026 10:00:00 +0200',
    'Wed, 25 Nov 2026 10:00:00 UTC',
    'Wednesday, 25-Nov-26 10:00:00 GMT',
    'Wed Nov 25 10:00:00 2026',
    'Tue, 25 Nov 2026 10:00:00 GMT',
    'Wed, 31 Feb 2026 10:00:00 GMT',
    'Wed, 25 Nov 2026 10:00:61 GMT',
    'Wed, 25 Nov 12026 10:00:00 GMT',
    'Wed, 25 Nov 2026 10:00:00 GMT, Wed, 25 Nov 2026 10:00:00 GMT',
  ])('E1, I6: is unreadable when the header is %j', async (header) => {
    const url = await startUpstream((_request, response) =>
      response.writeHead(200, { date: header }).end('{"events":[],"ok":true}'),
    )
    const { date } = await listEventsPage(clientFor(url), EVERYTHING, NEVER)
    expect(date).toEqual({ kind: 'unreadable' })
  })
})

describe('F1: an answer is valid only when it says ok and has no error', () => {
  const events = [
    '{"events":[]}',
    '{"events":[],"ok":false}',
    '{"events":[],"ok":"true"}',
    '{"events":[],"ok":1}',
    '{"events":[],"ok":null}',
    '{"events":[],"ok":true,"ok":false}',
    '{"events":[],"ok":true,"error":{"type":"internal_server_error"}}',
    '{"events":[],"ok":true,"error":"away"}',
    '{"events":[],"ok":true,"error":""}',
    '{"events":[],"error":{"type":"internal_server_error"}}',
  ]
  const asked = [
    ['events', listEventsPage] as const,
    ['client_sessions', (client: SeamClient) => Array.fromAsync(listClientSessions(client, NEVER))] as const,
    ['workspace', (client: SeamClient) => getWorkspace(client, NEVER)] as const,
  ]
  test.each(events.flatMap((body) => asked.map(([key, ask]) => [body, key, ask] as const)))(
    'F1: %s is none, asked for %s',
    async (body, key, ask) => {
      const list = key === 'workspace' ? `{"workspace_id":"${crypto.randomUUID()}"}` : '[]'
      const url = await startUpstream((_request, response) =>
        response.end(body.replace('"events":[]', `"${key}":${list}`)),
      )
      expect((await errorOf(ask(clientFor(url), EVERYTHING, NEVER))).kind).toBe('bad_answer')
    },
  )

  test('F1: "error": null beside ok is no error', async () => {
    const url = await startUpstream((_request, response) =>
      response.end('{"events":[],"error":null,"ok":true}'),
    )
    expect((await listEventsPage(clientFor(url), EVERYTHING, NEVER)).items).toEqual([])
  })
})
