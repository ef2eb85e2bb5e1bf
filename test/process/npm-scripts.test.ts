import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { processesNaming } from '../support/processes.ts'
import { type Program, startCommand } from '../support/run-program.ts'

const TO_WHOM: [string, (npm: Program) => void][] = [
  ['npm alone, as a supervisor does', (npm) => npm.kill('SIGTERM')],
  ['the whole group', (npm) => npm.killGroup('SIGTERM')],
]

/** Where everything that is started keeps its files, so that what is left can be found by its name. */
async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'seam-mirror-npm-'))
  // Postgres's own user must get here when the tests run as root.
  await chmod(folder, 0o755)
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

async function firstUrl(npm: Program, pattern: RegExp): Promise<string> {
  const find = () => pattern.exec(npm.stdout())?.[1] ?? null
  await expect.poll(find, { timeout: 60_000 }).not.toBeNull()
  return find() ?? ''
}

test.each(TO_WHOM)(
  'A1, I14: npm start ends with 0 at a SIGTERM to %s, and nothing is left',
  async (_title, stop) => {
    const folder = await temporaryFolder()
    const npm = startCommand('npm', ['start'], {
      HOST: '127.0.0.1',
      PORT: '0',
      SEAM_MIRROR_DATA_DIR: path.join(folder, 'data'),
    })
    const url = await firstUrl(npm, /"url":"([^"]+)","msg":"listening"/)
    expect(await processesNaming(folder)).not.toEqual([])
    stop(npm)
    const { code, signal } = await npm.exit
    expect({ code, signal }).toEqual({ code: 0, signal: null })
    expect(await processesNaming(folder)).toEqual([])
    await expect(fetch(url)).rejects.toThrow('fetch failed')
  },
)

test.each(TO_WHOM)(
  'A1, I14: npm run demo ends with 0 at a SIGTERM to %s, and nothing is left',
  async (_title, stop) => {
    const folder = await temporaryFolder()
    const npm = startCommand('npm', ['run', 'demo'], { PORT: '0', TMPDIR: folder })
    const url = await firstUrl(npm, /read API +(\S+)/)
    expect(await processesNaming(folder)).not.toEqual([])
    stop(npm)
    const { code, signal } = await npm.exit
    expect({ code, signal }).toEqual({ code: 0, signal: null })
    expect(await processesNaming(folder)).toEqual([])
    expect(await readdir(folder)).toEqual([])
    await expect(fetch(url)).rejects.toThrow('fetch failed')
  },
)

test('A1: every script that runs one program is that program: no shell stands between npm and it', () => {
  const single = Object.entries(packageJson.scripts).filter(([, script]) => !script.includes('&&'))
  expect(single.filter(([, script]) => !script.startsWith('exec '))).toEqual([])
})
