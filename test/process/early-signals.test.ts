import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { processesNaming } from '../support/processes.ts'
import { type Program, startProgram } from '../support/run-program.ts'

const SIGNALS = ['SIGTERM', 'SIGINT'] as const
const SIGNALLED_MODULE = path.join(import.meta.dirname, '../support/signal-while-loading.js')

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'seam-mirror-early-'))
  // Postgres's own user must get here when the tests run as root.
  await chmod(folder, 0o755)
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Both programs that stay, with all their files in a folder of the test's. */
const PROGRAMS: [string, (folder: string, environment?: Record<string, string>) => Program][] = [
  [
    'the service',
    (folder, environment) =>
      startProgram('bin/seam-mirror.js', ['serve'], {
        PORT: '0',
        SEAM_MIRROR_DATA_DIR: path.join(folder, 'data'),
        ...environment,
      }),
  ],
  [
    'the demo',
    (folder, environment) => startProgram('bin/demo.js', [], { PORT: '0', TMPDIR: folder, ...environment }),
  ],
]

test.each(PROGRAMS.flatMap(([name, start]) => SIGNALS.map((signal) => [name, signal, start] as const)))(
  'A7, I14: %s told to stop by %s while its modules are loaded exits 0 and has started nothing',
  async (_name, signal, start) => {
    const folder = await temporaryFolder()
    const { exit } = start(folder, {
      NODE_OPTIONS: `--import=${SIGNALLED_MODULE}`,
      TEST_SIGNAL: signal,
      TEST_SIGNAL_AT: '/src/app/app.ts',
    })
    expect(await exit).toMatchObject({ code: 0, signal: null, stderr: '' })
    expect(await readdir(folder)).toEqual([])
  },
)

/** To the process, as a supervisor does, and to it with all it has started, as a terminal and some supervisors do. */
const WAYS: [string, (program: Program) => void][] = [
  ['alone', (program) => program.kill('SIGTERM')],
  ['with its children', (program) => program.killGroup('SIGTERM')],
]

/** Moments of the embedded database's first start, seen by the files that are there. */
const MOMENTS: [string, RegExp][] = [
  ['is being made', /PG_VERSION$/],
  ['is starting', /postmaster\.pid$/],
]

describe.each(PROGRAMS)('A7, I14: %s, told to stop while its database', (_name, start) => {
  test.each(
    MOMENTS.flatMap(([moment, file]) => WAYS.map(([way, stop]) => [moment, way, file, stop] as const)),
  )('%s, %s, exits 0 and leaves no process behind', async (_moment, _way, file, stop) => {
    const folder = await temporaryFolder()
    const program = start(folder)
    const files = () => readdir(folder, { recursive: true }).catch(() => [])
    await expect
      .poll(async () => (await files()).some((each) => file.test(each)), { interval: 1, timeout: 60_000 })
      .toBe(true)
    stop(program)
    expect(await program.exit).toMatchObject({ code: 0, signal: null, stderr: '' })
    expect(await processesNaming(folder)).toEqual([])
    // The service keeps what it has begun in its data folder; the demo keeps nothing.
    expect((await readdir(folder)).filter((each) => each !== 'data')).toEqual([])
  })
})
