import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'

const ROOT = path.resolve(import.meta.dirname, '../..')

test('npm run demo answers the curl it prints, and Ctrl-C leaves nothing behind', async () => {
  // Temporary folders go here, so that one that is left over is seen. Under root, Postgres's own user must be able to enter the parent.
  const temporary = await mkdtemp(path.join(tmpdir(), 'demo-test-'))
  await chmod(temporary, 0o755)
  onTestFinished(() => rm(temporary, { recursive: true, force: true }))
  const demo = spawn(process.execPath, ['bin/demo.js'], {
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

  const CURL = /curl -s '(?<url>[^']+)' -H '(?<name>[^:]+): (?<value>[^']+)'/
  await expect.poll(() => printed).toMatch(CURL)
  const curl = CURL.exec(printed)?.groups as { url: string; name: string; value: string }
  const headers = { [curl.name]: curl.value }
  // At once: whoever pastes the line should not be told that there is nothing.
  const response = await fetch(curl.url, { headers })
  const body = (await response.json()) as { ok: boolean; events: unknown[] }
  expect({ status: response.status, ok: body.ok, events: body.events.length }).toEqual({
    status: 200,
    ok: true,
    events: 3,
  })
  const names = new URL('/v1/names/list?q=room', curl.url)
  await expect
    .poll(async () => ((await (await fetch(names, { headers })).json()) as { names: unknown[] }).names.length)
    .toBeGreaterThan(1)
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
})
