import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { sampleEvent, WORKSPACE_ID } from '../support/sample-event.ts'
import { deliver, WEBHOOK_SECRET } from '../support/sign-delivery.ts'
import { MIRROR_API_KEY } from '../support/start-test-app.ts'
import { databaseOfThisFile } from '../support/test-database.ts'

const { database } = await databaseOfThisFile()

const BIN = path.join(import.meta.dirname, '../../bin/seam-mirror.js')
/** Each leaves a line in the log; what a terminal or a pipe holds is full long before. */
const REQUESTS = 1_500

/** Runs a command in a pseudo terminal that nobody reads; with `close`, the terminal is closed as soon as a line comes on standard input. */
const IN_TERMINAL = `
import os, subprocess, sys
reader, terminal = os.openpty()
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=terminal, stderr=2)
os.close(terminal)
print(child.pid, flush=True)
if sys.stdin.readline() == 'close\\n': os.close(reader)
sys.exit(child.wait())
`
const hasPython = spawnSync('python3', ['--version']).status === 0

interface Running {
  url: string
  stop(): void
  exit: Promise<{ code: number | null; stderr: string }>
  child: ChildProcess
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** The service as this command starts it, once it is ready. Its log is not read. */
async function start(command: string, args: readonly string[]): Promise<Running> {
  const port = await freePort()
  const child = spawn(command, [...args, process.execPath, BIN, 'serve'], {
    stdio: 'pipe',
    env: {
      PATH: process.env.PATH,
      HOST: '127.0.0.1',
      PORT: String(port),
      DATABASE_URL: database.url,
      SEAM_WEBHOOK_SECRET: WEBHOOK_SECRET,
      SEAM_WORKSPACE_ID: WORKSPACE_ID,
      SEAM_MIRROR_API_KEY: MIRROR_API_KEY,
      LOG_LEVEL: 'debug',
    },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let stderr = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text))
  const exit = new Promise<{ code: number | null; stderr: string }>((resolve) => {
    child.once('exit', (code) => setImmediate(() => resolve({ code, stderr })))
  })
  const url = `http://127.0.0.1:${port}`
  const isReady = () =>
    fetch(`${url}/readyz`).then(
      ({ status }) => status,
      () => null,
    )
  await expect.poll(isReady).toBe(200)
  return { url, child, exit, stop: () => void child.kill('SIGTERM') }
}

async function expectGood({ url }: Running): Promise<void> {
  for (let i = 0; i < REQUESTS; i += 50) {
    const answers = Array.from({ length: 50 }, () => fetch(`${url}/livez?${'long'.repeat(50)}`))
    for (const { status } of await Promise.all(answers)) expect(status).toBe(200)
  }
  expect((await deliver(url, sampleEvent())).status).toBe(204)
}

const temporaryFolder = async () => {
  const dir = await mkdtemp(path.join(tmpdir(), 'seam-mirror-log-'))
  onTestFinished(() => rm(dir, { recursive: true }))
  return dir
}

/** With a shell's redirection before the program. */
const shell = (script: string): [string, string[]] => ['/bin/sh', ['-c', script]]

test.each<[string, () => Promise<[string, string[]]>, (running: Running) => void]>([
  ['a full disk', async () => shell('exec "$0" "$@" > /dev/full'), () => {}],
  [
    'the size limit of a file',
    async () => shell(`ulimit -f 8; exec "$0" "$@" >> ${await temporaryFolder()}/log`),
    () => {},
  ],
  ['a reader that has gone', async () => shell('exec "$0" "$@"'), ({ child }) => child.stdout?.destroy()],
])(
  'F3: with its log on %s, it serves, obeys SIGTERM and says how many lines are lost',
  async (_title, command, spoil) => {
    const running = await start(...(await command()))
    spoil(running)
    await expectGood(running)
    running.stop()
    const { code, stderr } = await running.exit
    expect(code).toBe(0)
    expect(stderr).toMatch(/^\d+ lines of the log could not be written\.\n$/)
  },
)

test('F18: with its log in a pipe that nobody reads, it serves and obeys SIGTERM', async () => {
  const running = await start(...shell('exec "$0" "$@"'))
  await expectGood(running)
  running.stop()
  expect((await running.exit).code).toBe(0)
})

test.skipIf(!hasPython).each(['close', 'stall'])(
  'F3, F18: with its log in a terminal (%s), it serves and obeys SIGTERM',
  async (what) => {
    const running = await start('python3', ['-c', IN_TERMINAL])
    let pid = ''
    running.child.stdout?.setEncoding('utf8').on('data', (text: string) => void (pid += text))
    await expect.poll(() => pid).toMatch(/^\d+\n/)
    running.child.stdin?.write(`${what}\n`)
    await expectGood(running)
    process.kill(Number(pid), 'SIGTERM')
    expect((await running.exit).code).toBe(0)
  },
)

test('F3: when its terminal hangs up (SIGHUP), it stops as cleanly as at SIGTERM', async () => {
  const running = await start(...shell('exec "$0" "$@" > /dev/null'))
  running.child.kill('SIGHUP')
  expect(await running.exit).toEqual({ code: 0, stderr: '' })
})
