import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { A, type AccessServer, startAccessServer } from '../access/access-server.ts'
import { testAccess } from '../support/test-access.ts'
import { rootRoute } from '../../src/api/root/root-route.ts'
import { integer } from '../../src/http/param-kinds.ts'
import { defineParams } from '../../src/http/read-params.ts'
import { type OpenRoute, textRoute } from '../../src/http/route.ts'
import { serviceUnavailable } from '../../src/http/to-api-error.ts'
import { sampleRoutes } from '../support/sample-routes.ts'
import { startTestApp, type TestApp } from '../support/start-test-app.ts'
import { createTestDatabase, type TestDatabase } from '../support/test-database.ts'
import { callerWithKey } from './caller-with-key.ts'
import { serve, type Served } from './serve.ts'

const EXPOSED =
  'seam-request-id, seam-mirror-ignored-parameters, seam-mirror-complete, seam-mirror-complete-from, seam-mirror-complete-until, seam-mirror-export, retry-after'

const DASHBOARD = 'https://dashboard.example.com'
const ORIGINS = [DASHBOARD, 'http://localhost:5173']

/** As a browser asks before a page's call with the SDK. */
const preflight = (origin: string) => ({
  method: 'OPTIONS',
  headers: {
    origin,
    'access-control-request-method': 'GET',
    'access-control-request-headers': 'authorization,seam-sdk-name,seam-sdk-version',
  },
})
const corsOf = (response: Response) =>
  Object.fromEntries([...response.headers].filter(([name]) => name.startsWith('access-control-')))

let server: Served
let closed: Served
beforeAll(async () => {
  const authenticate = callerWithKey('good', { kind: 'key', keyId: 'k', workspaceId: 'w', scopes: ['admin'] })
  const things = textRoute({
    path: '/things/list',
    methods: ['GET', 'POST'],
    summary: 'things',
    takes: { key: null },
    params: defineParams({ limit: integer({ min: 1 }) }),
    answer: async () => ({ text: JSON.stringify({ things: 'x'.repeat(10_000), ok: true }) }),
  })
  const failing = (path: string, error: Error): OpenRoute => ({
    kind: 'open',
    path,
    methods: ['GET'],
    summary: 'fails',
    answer: () => Promise.reject(error),
  })
  const routes = [things, failing('/away', serviceUnavailable('away')), failing('/fails', new Error('boom'))]
  const access = testAccess({ authenticate })
  server = await serve([...routes, rootRoute(routes)], { access, corsOrigins: ORIGINS })
  closed = await serve([things], { access })
})
afterAll(() => Promise.all([server.stop(0), closed.stop(0)]))

describe('C1: A preflight', () => {
  test.each(ORIGINS)('of %s is answered with all that SDKs send', async (origin) => {
    const response = await fetch(`${server.url}/things/list`, preflight(origin))
    expect([response.status, await response.text()]).toEqual([204, ''])
    expect(corsOf(response)).toEqual({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
      'access-control-allow-headers': expect.any(String) as string,
      'access-control-expose-headers': EXPOSED,
      'access-control-max-age': '7200',
    })
    const allowed = response.headers.get('access-control-allow-headers')?.split(', ')
    // Contract, 2.1.
    for (const name of [
      'authorization',
      'seam-workspace',
      'client-session-token',
      'seam-client-session-token',
      'seam-publishable-key',
      'seam-sdk-name',
      'seam-sdk-version',
      'seam-lts-version',
      'accept',
      'user-agent',
      'content-type',
    ])
      // prettier-ignore
      expect(allowed).toContain(name)
    expect(response.headers.get('vary')).toBe('origin')
    expect(response.headers.get('seam-request-id')).not.toBeNull()
  })

  test.each([
    'https://elsewhere.example',
    `${DASHBOARD}.evil.example`,
    'https://dashboard.example.com:8443',
    'http://dashboard.example.com',
    'https://Dashboard.example.com',
    'null',
    '*',
  ])('of %s is told nothing', async (origin) => {
    const response = await fetch(`${server.url}/things/list`, preflight(origin))
    expect([response.status, corsOf(response)]).toEqual([204, {}])
  })

  test('is told nothing where no origin is configured', async () => {
    const response = await fetch(`${closed.url}/things/list`, preflight(DASHBOARD))
    expect([response.status, corsOf(response), response.headers.get('vary')]).toEqual([204, {}, null])
  })

  test('is only what a browser asks: another OPTIONS is a request like any other', async () => {
    for (const headers of [{ origin: DASHBOARD }, { 'access-control-request-method': 'GET' }]) {
      const response = await fetch(`${server.url}/things/list`, { method: 'OPTIONS', headers })
      expect(response.status).toBe(401)
    }
  })
})

describe('C1: An answer to a page', () => {
  test.each([
    ['/things/list', 'good', 200],
    ['/things/list?limit=x', 'good', 400],
    ['/things/list', 'bad', 401],
    ['/devices/list', 'good', 404],
    ['/away', 'good', 503],
    ['/fails', 'good', 500],
    ['/', 'good', 200],
  ])(
    'can be read by an allowed one and by no other, whatever it says: %s, %s: %i',
    async (path, key, status) => {
      const ask = (origin: string) =>
        fetch(server.url + path, { headers: { origin, authorization: `Bearer ${key}` } })
      const [allowed, other] = [await ask(DASHBOARD), await ask('https://elsewhere.example')]
      expect([allowed.status, other.status]).toEqual([status, status])
      expect(corsOf(allowed)).toEqual({
        'access-control-allow-origin': DASHBOARD,
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': EXPOSED,
      })
      expect(corsOf(other)).toEqual({})
      for (const { headers } of [allowed, other]) expect(headers.get('vary')).toMatch(/^origin\b/)
    },
  )

  test('that is compressed depends on both', async () => {
    const response = await fetch(`${server.url}/things/list`, {
      headers: { authorization: 'Bearer good', 'accept-encoding': 'gzip' },
    })
    expect(response.headers.get('content-encoding')).toBe('gzip')
    expect(response.headers.get('vary')?.toLowerCase()).toBe('origin, accept-encoding')
  })
})

describe('C1: With the real authentication', () => {
  let access: AccessServer
  beforeAll(async () => {
    access = await startAccessServer({ workspaces: [A] })
  })
  afterAll(() => access.stop())

  test('fifty preflights are no failed attempts', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => fetch(`${access.url}/events/list`, preflight(DASHBOARD))),
    )
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]))
    const response = await access.ask({ authorization: 'Bearer seam_wrong' })
    expect([response.status, access.delays]).toEqual([401, []])
  })
})

describe('C1: The whole service', () => {
  let database: TestDatabase
  let app: TestApp
  beforeAll(async () => {
    database = await createTestDatabase()
    app = await startTestApp(database.url, { SEAM_MIRROR_CORS_ORIGINS: ORIGINS.join(', ') })
  })
  afterAll(async () => {
    await app.stop()
    await database.drop()
  })

  test('has CORS for the read API by its setting, and never for webhooks', async () => {
    expect(corsOf(await fetch(`${app.url}/events/list`, preflight(DASHBOARD)))).toHaveProperty(
      'access-control-allow-origin',
      DASHBOARD,
    )
    for (const init of [
      preflight(DASHBOARD),
      { method: 'POST', headers: { origin: DASHBOARD }, body: '{}' },
    ]) {
      const response = await fetch(`${app.url}/webhooks/seam`, init)
      expect([response.status, corsOf(response)]).toEqual([init.method === 'POST' ? 400 : 405, {}])
    }
  })

  test('C4, C9: says at its root what it is, and what is served, and so does a 404', async () => {
    const endpoints = sampleRoutes()
      .map(({ path }) => path)
      .filter((path) => path !== '/' && !path.startsWith('/webhooks/'))
    expect(endpoints).toContain('/events/list')
    const root = await fetch(app.url)
    expect(root.status).toBe(200)
    const body = (await root.json()) as { name: string; description: string; endpoints: string[] }
    expect(body).toMatchObject({ name: 'seam-mirror', ok: true })
    expect(body.description).toMatch(/README.*https:\/\/docs\.seam\.co\//)
    expect(body.endpoints).toEqual(endpoints)
    const head = await fetch(app.url, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    const missing = await fetch(`${app.url}/devices/list`, { method: 'POST', body: '{}' })
    const { error } = (await missing.json()) as { error: { type: string; message: string } }
    expect([missing.status, error.type]).toEqual([404, 'not_found'])
    expect(error.message).toMatch(/^No such route: \/devices\/list\. Served here: .*Seam's own/)
    for (const endpoint of endpoints) expect(error.message).toContain(endpoint)
  })
})
