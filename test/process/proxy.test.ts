import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { startSimulatedSeam, type SimulatedSeam } from '../../src/simulated-seam/start-simulated-seam.ts'
import { type ConnectProxy, startConnectProxy } from '../support/connect-proxy.ts'
import { runProgram, type Service, startService } from '../support/run-program.ts'
import { MIRROR_API_KEY } from '../support/start-test-app.ts'
import { TEST_CERTIFICATE, TEST_CERTIFICATE_KEY } from '../support/test-certificate.ts'
import { databaseOfThisFile } from '../support/test-database.ts'

const EVENTS = 20
const { database } = await databaseOfThisFile()
let seam: SimulatedSeam

beforeEach(async () => {
  await database.empty()
  const now = Date.now()
  seam = await startSimulatedSeam({ seed: 5 })
  onTestFinished(() => seam.stop())
  seam.fill({ count: EVENTS, from: now - 1_800_000, to: now - 600_000 })
})

/** The simulated Seam behind TLS, as the real one is. Its name `seam.test` is known to the proxy only. */
async function startTlsFront(): Promise<string> {
  const server = createServer(
    { key: TEST_CERTIFICATE_KEY, cert: TEST_CERTIFICATE, keepAliveTimeout: 0 },
    (incoming, outgoing) => {
      const { method, headers, url } = incoming
      const forwarded = httpRequest(new URL(url ?? '/', seam.url), { method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      })
      incoming.pipe(forwarded)
    },
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function startProxy(hosts: Record<string, string>, refuseWith?: number): Promise<ConnectProxy> {
  const proxy = await startConnectProxy(hosts, refuseWith)
  onTestFinished(() => proxy.stop())
  return proxy
}

async function certificateFile(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'seam-mirror-proxy-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const file = path.join(folder, 'authority.pem')
  await writeFile(file, TEST_CERTIFICATE)
  return file
}

const common = () => ({
  DATABASE_URL: database.url,
  SEAM_API_KEY: seam.apiKey,
  SEAM_MIRROR_API_KEY: MIRROR_API_KEY,
  SEAM_MIRROR_BACKFILL_SINCE: '1h',
})

async function expectEverythingCopied({ url }: Service): Promise<void> {
  const listed = async () => {
    const response = await fetch(`${url}/events/list?since=2020-01-01T00:00:00Z`, {
      headers: { authorization: `Bearer ${MIRROR_API_KEY}` },
    })
    return ((await response.json()) as { events?: unknown[] }).events?.length
  }
  await expect.poll(listed).toBe(EVENTS)
}

test('F16: Seam is asked through HTTPS_PROXY, by the service and by commands, with the password of its URL', async () => {
  const proxy = await startProxy({ 'seam.test:443': await startTlsFront() })
  const environment = {
    ...common(),
    SEAM_ENDPOINT: 'https://seam.test',
    HTTPS_PROXY: `http://ada:love%20lace@${proxy.address}`,
    NODE_EXTRA_CA_CERTS: await certificateFile(),
  }
  await expectEverythingCopied(await startService(environment))
  expect(new Set(proxy.targets)).toEqual(new Set(['seam.test:443']))
  expect(new Set(proxy.authorizations)).toEqual(
    new Set([`Basic ${Buffer.from('ada:love lace').toString('base64')}`]),
  )

  const before = proxy.targets.length
  const { code, stdout } = await runProgram('bin/seam-mirror.js', ['audit', '--since', '1h'], environment)
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('missing: 0') })
  expect(proxy.targets.length).toBeGreaterThan(before)
})

test('F16: an upstream without TLS is asked through HTTP_PROXY', async () => {
  const proxy = await startProxy({ 'seam.test:80': seam.url })
  const environment = {
    ...common(),
    SEAM_ENDPOINT: 'http://seam.test',
    HTTP_PROXY: `http://${proxy.address}`,
  }
  await expectEverythingCopied(await startService(environment))
  expect(new Set(proxy.targets)).toEqual(new Set(['seam.test:80']))
})

test('F16: what NO_PROXY names is asked directly', async () => {
  const proxy = await startProxy({})
  const environment = {
    ...common(),
    SEAM_ENDPOINT: seam.url,
    HTTP_PROXY: `http://${proxy.address}`,
    NO_PROXY: 'other.test,127.0.0.1',
  }
  await expectEverythingCopied(await startService(environment))
  expect(proxy.targets).toEqual([])
})

test('F16: a proxy that refuses is named in the log, without its password', async () => {
  const proxy = await startProxy({}, 407)
  const service = await startService({
    ...common(),
    SEAM_ENDPOINT: 'https://seam.test',
    HTTPS_PROXY: `http://ada:lovelace-1815@${proxy.address}`,
  })
  await expect.poll(() => service.stdout()).toContain('a run of the poller failed')
  expect(service.stdout()).toContain('the proxy answered 407')
  expect(service.stdout()).not.toContain('lovelace-1815')
})
