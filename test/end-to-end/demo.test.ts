import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'

const ROOT = path.resolve(import.meta.dirname, '../..')
const PROMISED_MS = 10_000

test('npm run demo answers the curl it prints within ten seconds, and Ctrl-C leaves nothing behind', async () => {
  // Where temporary folders go, so that a left-over one is seen. A parent that Postgres's own user can enter, for root.
  const temporary = await mkdtemp(path.join(tmpdir(), 'demo-test-'))
  await chmod(temporary, 0o755)
  onTestFinished(() => rm(temporary, { recursive: true, force: true }))
  const startedAt = performance.now()
  const demo = spawn(process.execPath, ['src/demo.ts'], {
    cwd: ROOT,
    env: { ...process.env, PORT: '0', TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void demo.kill('SIGKILL'))
  let printed = ''
  const collect = (chunk: Buffer): void => void (printed += chunk.toString())
  demo.stdout.on('data', collect)
  demo.stderr.on('data', collect)
  const exited = once(demo, 'exit')

  const curl = await vi.waitFor(
    () => {
      const match = /curl -s '(?<url>[^']+)' -H '(?<name>[^:]+): (?<value>[^']+)'/.exec(printed)
      if (match?.groups === undefined) throw new Error(`No curl line in: ${printed}`)
      return match.groups as { url: string; name: string; value: string }
    },
    { timeout: 25_000, interval: 20 },
  )
  const tookMs = performance.now() - startedAt
  const headers = { [curl.name]: curl.value }
  const events = await vi.waitFor(
    async () => {
      const response = await fetch(curl.url, { headers })
      expect(response.status).toBe(200)
      const body = (await response.json()) as { ok: boolean; events: { event_id: string }[] }
      expect(body.ok).toBe(true)
      expect(body.events.length).toBe(3)
      return body.events
    },
    { timeout: 10_000, interval: 50 },
  )
  expect(events.length).toBe(3)
  expect(tookMs).toBeLessThan(PROMISED_MS)
  expect(printed).toMatch(/read API +http:\/\/127\.0\.0\.1:\d+/)
  expect(printed).toMatch(/simulated Seam http:\/\//)
  const urls = [...printed.matchAll(/http:\/\/127\.0\.0\.1:\d+/g)].map(([url]) => url)
  const [folder] = await readdir(temporary)
  expect(folder).toMatch(/^seam-mirror-postgres-/)

  demo.kill('SIGINT')
  const [code, signal] = (await exited) as [number | null, string | null]
  expect({ code, signal }).toEqual({ code: 0, signal: null })
  expect(await readdir(temporary), 'the temporary folder is gone').toEqual([])
  for (const url of new Set(urls)) await expect(fetch(url)).rejects.toThrow('fetch failed')
}, 45_000)
