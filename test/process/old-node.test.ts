import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { processesNaming } from '../support/processes.ts'
import { startCommand } from '../support/run-program.ts'
import { databaseOfThisFile } from '../support/test-database.ts'

/** A Node of the machine that is too old for the sources, if there is one: the project's own comes first on npm's path. */
const OLD_NODE = (process.env.PATH ?? '')
  .split(path.delimiter)
  .filter((folder) => !folder.includes('node_modules'))
  .map((folder) => path.join(folder, 'node'))
  .filter((file) => existsSync(file))
  .find((file) => Number(/\d+/.exec(execFileSync(file, ['--version'], { encoding: 'utf8' }))?.[0]) < 22)

const { database } = await databaseOfThisFile()

describe.skipIf(OLD_NODE === undefined)(
  "A8: on a Node that is too old, a command runs on the project's own",
  () => {
    const run = (...args: string[]) =>
      startCommand(OLD_NODE ?? '', ['bin/seam-mirror.js', ...args], { DATABASE_URL: database.url, PORT: '0' })

    test('quietly, with its arguments, its output and its exit code', async () => {
      const config = await run('config', '--json').exit
      expect(config).toMatchObject({ code: 0, stderr: '' })
      expect(JSON.parse(config.stdout)).toHaveProperty('variables')
      const refused = await run('keys', 'revoke', 'no such key').exit
      expect(refused).toMatchObject({ code: 1, stdout: '' })
      expect(refused.stderr).toMatch(/^There is no key no such key; .*\n$/)
    })

    test('and hears its signals: the service stops with 0 and is gone', async () => {
      const service = run('serve')
      await expect.poll(() => service.stdout(), { timeout: 60_000 }).toContain('"listening"')
      const [, pid = ''] = /"pid":(\d+)/.exec(service.stdout()) ?? []
      expect(Number(pid)).not.toBe(service.pid)
      service.kill('SIGTERM')
      expect(await service.exit).toMatchObject({ code: 0, signal: null })
      expect(service.stdout()).toContain('"stopped"')
      expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH')
    })

    test('and dies of what kills it', async () => {
      const service = run('serve')
      await expect.poll(() => service.stdout(), { timeout: 60_000 }).toContain('"listening"')
      const [, pid = ''] = /"pid":(\d+)/.exec(service.stdout()) ?? []
      process.kill(Number(pid), 'SIGKILL')
      expect(await service.exit).toMatchObject({ code: null, signal: 'SIGKILL' })
    })

    test('also through npx, which says nothing of its own', async () => {
      const cache = await mkdtemp(path.join(tmpdir(), 'seam-mirror-npx-'))
      onTestFinished(() => rm(cache, { recursive: true, force: true }))
      const folders = (process.env.PATH ?? '').split(path.delimiter)
      const npx = startCommand('npx', ['seam-mirror', '--version'], {
        PATH: [
          path.dirname(OLD_NODE ?? ''),
          ...folders.filter((folder) => !folder.includes('node_modules')),
        ].join(path.delimiter),
        npm_config_cache: cache,
      })
      expect(await npx.exit).toMatchObject({
        code: 0,
        stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
        stderr: '',
      })
      expect(await processesNaming(cache)).toEqual([])
    })
  },
)

test('A8: npm ci says once what an older Node means, and does not warn for each package', async () => {
  const root = path.join(import.meta.dirname, '../..')
  expect(await readFile(path.join(root, '.npmrc'), 'utf8')).toMatch(/^loglevel=error$/m)
  const say = (version: string) =>
    startCommand(process.execPath, ['bin/say-which-node.js'], {
      npm_config_user_agent: `npm/11.19.1 node/v${version} linux x64`,
    }).exit
  expect(await say('24.21.0')).toMatchObject({ code: 0, stdout: '', stderr: '' })
  const old = await say('20.20.2')
  expect(old).toMatchObject({ code: 0, stdout: '' })
  expect(old.stderr).toMatch(/^npm runs on Node 20\. seam-mirror needs Node 24, .*\n$/)
})
