import { spawn } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { PASSWORD_FILE } from '../../src/embedded-postgres/embedded-cluster.ts'
import { findPrograms } from '../../src/embedded-postgres/embedded-postgres-programs.ts'
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/embedded-postgres/embedded-postgres.ts'
import { findEmbeddedPostgres } from '../../src/embedded-postgres/find-embedded-postgres.ts'
import { onServer } from '../support/postgres-server.ts'
import { startProgram, startService } from '../support/run-program.ts'

const programs = await findPrograms()

/** A folder for data folders. Postgres does not run as root, and its user must be able to enter it. */
async function folder(): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), 'seam-mirror-embedded-'))
  await chmod(dir, 0o755)
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  return dir
}

/** Starts a server that is stopped with the test, also when the test fails. */
async function start(dir: string): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dir })
  onTestFinished(() => server.stop().catch(() => {}))
  return server
}

async function ask(server: EmbeddedPostgres, text: string): Promise<unknown> {
  let answer: unknown
  await onServer(server.url, async (client) => {
    answer = (await client.query({ text, rowMode: 'array' })).rows[0]?.[0]
  })
  return answer
}

const pidFileOf = ({ dataDir }: { dataDir: string }) => path.join(dataDir, 'cluster', 'postmaster.pid')
const pidIn = async (file: string) => Number((await readFile(file, 'utf8')).split('\n')[0])

/** Another program of the same user: Postgres takes a process that it may not signal for one that is not there. */
function startOther(command: string): { pid: () => Promise<number>; isAlive: () => boolean } {
  const child = spawn('/bin/sh', ['-c', command], { ...programs.runAs, stdio: ['ignore', 'pipe', 'ignore'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (said += text))
  return {
    pid: async () => {
      await expect.poll(() => said).toMatch(/^\d+\n/)
      return Number(said)
    },
    isAlive: () => child.exitCode === null && child.signalCode === null,
  }
}

/** What a killed server leaves: its file, with the pid of another program that has it now. */
async function leavePidFile(server: EmbeddedPostgres, pid: number): Promise<void> {
  const text = await readFile(pidFileOf(server), 'utf8')
  await server.stop()
  await writeFile(pidFileOf(server), text.replace(/^\d+/, String(pid)))
  if (programs.runAs) await chmod(pidFileOf(server), 0o666)
}

test('F8: a program that has the pid of a killed server is not taken for it, not waited for and never signalled', async () => {
  const dir = path.join(await folder(), 'data')
  const other = startOther('echo $$; exec sleep 1000')
  const first = await start(dir)
  await ask(first, 'create table kept as select 7 as number')
  await leavePidFile(first, await other.pid())
  expect(await findEmbeddedPostgres(dir)).toMatchObject({ kind: 'stopped' })

  const second = await start(dir)
  expect(await ask(second, 'select number from kept')).toBe(7)
  expect(await pidIn(pidFileOf(second))).not.toBe(await other.pid())
  expect(await findEmbeddedPostgres(dir)).toEqual({ kind: 'running', url: second.url })
  await second.stop()
  expect(other.isAlive()).toBe(true)
})

test('F8: also when the pid is replaced while the server runs, stopping signals nobody else', async () => {
  const other = startOther('echo $$; exec sleep 1000')
  const server = await start(path.join(await folder(), 'data'))
  const text = await readFile(pidFileOf(server), 'utf8')
  await writeFile(pidFileOf(server), text.replace(/^\d+/, String(await other.pid())))
  await server.stop()
  expect(other.isAlive()).toBe(true)
  await writeFile(pidFileOf(server), text)
  await server.stop()
})

test('F8: a process that has ended and that nobody has taken notice of is no server', async () => {
  const dir = path.join(await folder(), 'data')
  const parent = startOther('sleep 0 & echo $!; exec sleep 1000')
  const pid = await parent.pid()
  const first = await start(dir)
  await leavePidFile(first, pid)
  const second = await start(dir)
  expect(await ask(second, 'select 1')).toBe(1)
})

test('F8: a copy of the folder of a running server is another database, and the running one is left alone', async () => {
  const dir = await folder()
  const first = await start(path.join(dir, 'data'))
  const pid = await pidIn(pidFileOf(first))
  await cp(path.join(dir, 'data'), path.join(dir, 'copy'), { recursive: true })
  if (programs.runAs) {
    const { uid, gid } = programs.runAs
    const chown = spawn('chown', ['-R', `${uid}:${gid}`, path.join(dir, 'copy')])
    await new Promise((resolve) => chown.once('exit', resolve))
  }
  expect(await findEmbeddedPostgres(path.join(dir, 'copy'))).toMatchObject({ kind: 'stopped' })
  const copy = await start(path.join(dir, 'copy'))
  expect(copy.url).not.toBe(first.url)
  await copy.stop()
  expect(await pidIn(pidFileOf(first))).toBe(pid)
  expect(await ask(first, 'select 1')).toBe(1)
})

const environment = (dir: string) => ({
  HOST: '127.0.0.1',
  PORT: '0',
  SEAM_WEBHOOK_SECRET: `whsec_${Buffer.alloc(24).toString('base64')}`,
  SEAM_MIRROR_DATA_DIR: dir,
})

/** The names in the folder, two levels deep, as far as they can be read at this moment. */
async function namesIn(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch(() => [])
  const below = names.map((name) => readdir(path.join(dir, name)).catch(() => []))
  const deeper = (await Promise.all(below)).flatMap((inner, i) => inner.map((name) => `${names[i]}/${name}`))
  return [...names, ...deeper]
}

const MOMENTS: [string, RegExp][] = [
  ['the folder is there', /^/],
  ['something is being made', /^cluster-making-/],
  ['initdb writes', /^cluster-making-.*\/cluster$/],
  ['the cluster is there', /^cluster$/],
  ['the server starts', /^cluster\/postmaster.pid$/],
]

test.each(MOMENTS)(
  'F9: killed -9 during its first start, when %s, the service starts the next time',
  async (_title, moment) => {
    const dir = path.join(await folder(), 'data')
    const killed = startProgram('bin/seam-mirror.js', ['serve'], environment(dir))
    const reached = async () =>
      (await stat(dir).catch(() => null)) !== null &&
      ['', ...(await namesIn(dir))].some((name) => moment.test(name))
    await expect.poll(reached, { interval: 1 }).toBe(true)
    killed.kill('SIGKILL')
    await killed.exit

    const service = await startService(environment(dir))
    expect((await fetch(`${service.url}/readyz`)).status).toBe(200)
    service.kill('SIGTERM')
    expect((await service.exit).code).toBe(0)
  },
)

test('F9: what killed starts have left is removed when a cluster is made', async () => {
  const dir = path.join(await folder(), 'data')
  await mkdir(path.join(dir, 'cluster-making-99999999-abc', 'cluster'), { recursive: true })
  await writeFile(path.join(dir, 'cluster-making-99999999-abc', 'cluster', 'PG_VERSION'), '18\n')
  const { dataDir } = await start(dir)
  expect((await readdir(dataDir)).filter((name) => name.startsWith('cluster'))).toEqual(['cluster'])
})

test.each(['stopped', 'running'])(
  'F9: a password that is lost, the server being %s, is replaced, and the data stay',
  async (state) => {
    const dir = path.join(await folder(), 'data')
    const first = await start(dir)
    await ask(first, 'create table kept as select 7 as number')
    if (state === 'stopped') await first.stop()
    await truncate(path.join(first.dataDir, 'cluster', PASSWORD_FILE))
    const second = await start(dir)
    expect(second.url).not.toBe(first.url)
    expect(await ask(second, 'select number from kept')).toBe(7)
  },
)

test('F9: files that a crash has left empty are in nobody’s way', async () => {
  const dir = path.join(await folder(), 'data')
  const first = await start(dir)
  await first.stop()
  await writeFile(pidFileOf(first), '')
  // Older releases kept it there.
  await writeFile(path.join(first.dataDir, 'postgres-password'), '')
  expect(await ask(await start(dir), 'select 1')).toBe(1)
})

test('F16: the data folder may have any name', async () => {
  const dir = path.join(await folder(), `a $HOME "b" 'c' \`d\` \\e %f`)
  const server = await start(dir)
  expect(await ask(server, 'select 1')).toBe(1)
  expect(await findEmbeddedPostgres(dir)).toEqual({ kind: 'running', url: server.url })
  await server.stop()
  expect(await findEmbeddedPostgres(dir)).toMatchObject({ kind: 'stopped' })
})

test('F17: a database of another major version is refused with what to do, and nothing is changed', async () => {
  const dir = path.join(await folder(), 'data')
  const server = await start(dir)
  await server.stop()
  const before = await readdir(path.join(server.dataDir, 'cluster'))
  await writeFile(path.join(server.dataDir, 'cluster', 'PG_VERSION'), '15\n')
  await expect(startEmbeddedPostgres({ dir })).rejects.toThrow(
    /made by Postgres 15; this release brings Postgres 1\d.*Nothing was changed.*DATABASE_URL.*SEAM_MIRROR_SECRETS_KEY.*move the folder cluster away/,
  )
  expect(await readdir(path.join(server.dataDir, 'cluster'))).toEqual(before)
})
