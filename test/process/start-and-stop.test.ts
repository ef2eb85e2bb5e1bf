import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { sql } from 'kysely'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ENDLESS_IDLE, runProgram, startService } from '../support/run-program.ts'
import { sampleEvent, WORKSPACE_ID } from '../support/sample-event.ts'
import { deliver, WEBHOOK_SECRET } from '../support/sign-delivery.ts'
import { MIRROR_API_KEY } from '../support/start-test-app.ts'
import { createTestDatabase, databaseOfThisFile } from '../support/test-database.ts'

const ENVIRONMENT = {
  SEAM_WEBHOOK_SECRET: WEBHOOK_SECRET,
  SEAM_WORKSPACE_ID: WORKSPACE_ID,
  SEAM_MIRROR_API_KEY: MIRROR_API_KEY,
}

const { database } = await databaseOfThisFile()

describe('a start that fails', () => {
  test('A2, I14: on a taken port it exits 1 at once, says which and what to do, and leaves no connection behind', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void taken.close())
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as AddressInfo
    const { code, stderr } = await runProgram('bin/seam-mirror.js', ['serve'], {
      ...ENVIRONMENT,
      DATABASE_URL: database.url,
      HOST: '127.0.0.1',
      PORT: String(port),
      ...ENDLESS_IDLE,
    })
    expect(code).toBe(1)
    expect(stderr).toContain(`port ${port}`)
    expect(stderr).toContain('Set PORT')
    expect(stderr).not.toMatch(/^\s+at /m)
    const { rows } = await sql<{ count: number }>`
      select count(*)::int as count from pg_stat_activity
      where datname = current_database() and application_name = 'seam-mirror' and pid <> pg_backend_pid()`.execute(
      database.open(1),
    )
    expect(rows).toEqual([{ count: 0 }])
  })

  test('A2: on a database of a newer release it exits 1 at once and names the release’s migration', async () => {
    const newer = await createTestDatabase()
    onTestFinished(() => newer.drop())
    await sql`insert into kysely_migration (name, timestamp) values ('0999_later', 'now')`.execute(
      newer.open(1),
    )
    const { code, stderr } = await runProgram('bin/seam-mirror.js', ['serve'], {
      ...ENVIRONMENT,
      DATABASE_URL: newer.url,
      ...ENDLESS_IDLE,
    })
    expect(code).toBe(1)
    expect(stderr).toContain('0999_later')
  })

  test.each([
    ['no such database', (url: URL) => (url.pathname = '/nowhere'), /"nowhere" does not exist.*Create it/],
    ['no such role', (url: URL) => (url.username = 'nobody_at_all'), /nobody_at_all.*Check the user/],
  ])(
    'A3, F10: what waiting cannot cure ends it at once, in one sentence: %s',
    async (_title, spoil, text) => {
      const url = new URL(database.url)
      spoil(url)
      const { code, stdout, stderr } = await runProgram('bin/seam-mirror.js', ['serve'], {
        ...ENVIRONMENT,
        HOST: '127.0.0.1',
        PORT: '0',
        DATABASE_URL: url.href,
      })
      expect(code).toBe(1)
      expect(stderr).toMatch(text)
      expect(stderr.trimEnd().split('\n')).toHaveLength(1)
      expect(stdout).not.toContain('waiting for the database')
    },
  )
})

describe('without DATABASE_URL', () => {
  test('I14: an embedded Postgres comes and goes with the service, outlives its kill -9, and is taken over', async () => {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'seam-mirror-data-'))
    // Postgres runs as another user than root, who must be able to get here.
    await chmod(dataDir, 0o755)
    const inFolder = { ...ENVIRONMENT, SEAM_MIRROR_DATA_DIR: path.join(dataDir, 'data') }
    const postmasterFile = path.join(dataDir, 'data', 'cluster', 'postmaster.pid')
    /** Of the server that runs on the folder; its first line is the process, its fourth the port. */
    const postmaster = async () => {
      const lines = (await readFile(postmasterFile, 'utf8')).split('\n')
      return { pid: Number(lines[0]), port: Number(lines[3]) }
    }
    onTestFinished(async () => {
      // Only if the test failed half-way is a server left.
      await postmaster().then(
        ({ pid }) => process.kill(pid, 'SIGINT'),
        () => {},
      )
      await expect.poll(() => postmaster().catch(() => null)).toBeNull()
      await rm(dataDir, { recursive: true, force: true })
    })
    const [first, second] = [sampleEvent(), sampleEvent({ created_at: '2026-06-15T16:54:18Z' })]

    const one = await startService(inFolder)
    expect((await deliver(one.url, first)).status).toBe(204)
    const firstServer = await postmaster()
    expect(await isListening(firstServer.port)).toBe(true)
    // Twice at once, as npm, a terminal and `timeout` do it: that is one request to stop.
    one.kill('SIGTERM')
    one.kill('SIGINT')
    expect((await one.exit).code).toBe(0)
    expect(await isListening(firstServer.port)).toBe(false)

    const two = await startService(inFolder)
    expect((await deliver(two.url, second)).status).toBe(204)
    const secondServer = await postmaster()
    two.kill('SIGKILL')
    await two.exit
    expect(await isListening(secondServer.port)).toBe(true)

    const three = await startService(inFolder)
    expect(await postmaster()).toEqual(secondServer)
    expect(await list(three.url)).toEqual([second.event_id, first.event_id])
    three.kill('SIGTERM')
    expect((await three.exit).code).toBe(0)
    expect(await isListening(secondServer.port)).toBe(false)
  })
})

async function list(url: string): Promise<string[]> {
  const response = await fetch(`${url}/events/list?since=2000-01-01T00:00:00Z`, {
    headers: { authorization: `Bearer ${MIRROR_API_KEY}` },
  })
  const { events } = (await response.json()) as { events: { event_id: string }[] }
  return events.map(({ event_id }) => event_id)
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
