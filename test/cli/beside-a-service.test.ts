import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { processesNaming } from '../support/processes.ts'
import { startProgram, startService } from '../support/run-program.ts'
import { sampleEvent, WORKSPACE_ID } from '../support/sample-event.ts'
import { deliver, WEBHOOK_SECRET } from '../support/sign-delivery.ts'
import { runCommand } from './run-command.ts'

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'seam-mirror-beside-'))
  // Postgres's own user must get here when the tests run as root.
  await chmod(folder, 0o755)
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

test('A5: commands use the embedded database of a service that runs, and start nothing when it does not', async () => {
  const folder = await temporaryFolder()
  const environment = {
    SEAM_MIRROR_DATA_DIR: path.join(folder, 'data'),
    SEAM_WEBHOOK_SECRET: WEBHOOK_SECRET,
    SEAM_WORKSPACE_ID: WORKSPACE_ID,
  }
  const service = await startService(environment)
  expect((await deliver(service.url, sampleEvent())).status).toBe(204)

  const status = await runCommand(['status'], environment)
  expect(status).toMatchObject({ code: 0, stderr: '' })
  expect(status.stdout).toContain(`Workspace ${WORKSPACE_ID}`)
  expect((await runCommand(['migrate'], environment)).stderr).toBe('The schema is current.\n')
  const key = (await runCommand(['keys', 'create', '--name', 'mine'], environment)).stdout.trim()
  const answer = await fetch(`${service.url}/events/list?since=2000-01-01T00:00:00Z`, {
    headers: { authorization: `Bearer ${key}` },
  })
  expect(((await answer.json()) as { events: unknown[] }).events).toHaveLength(1)

  service.kill('SIGTERM')
  expect((await service.exit).code).toBe(0)
  const before = await readdir(folder, { recursive: true })
  for (const args of [['status'], ['keys', 'create', '--name', 'mine']]) {
    const stopped = await runCommand(args, environment)
    expect(stopped).toMatchObject({ code: 1, stdout: '' })
    expect(stopped.stderr).toMatch(
      /^The embedded database in \S+ runs only while the service does, and it is not running now\./,
    )
  }
  expect(await readdir(folder, { recursive: true })).toEqual(before)
  expect(await processesNaming(folder)).toEqual([])
})

test('A5: beside a demo that runs, commands are about the demo, and make no database of their own', async () => {
  const folder = await temporaryFolder()
  const environment = { SEAM_MIRROR_DATA_DIR: path.join(folder, 'data') }
  const demo = startProgram('bin/demo.js', [], { PORT: '0', TMPDIR: folder, ...environment })
  await expect.poll(() => demo.stdout(), { timeout: 60_000 }).toContain('Ctrl-C stops everything.')
  const postgres = await processesNaming(folder)

  const status = await runCommand(['status'], environment)
  expect(status).toMatchObject({ code: 0, stderr: 'This is the database of the running demo.\n' })
  expect(status.stdout).toMatch(/^Workspace [0-9a-f-]{36}$/m)
  expect(status.stdout).not.toContain('no credentials')
  expect((await processesNaming(folder)).length).toBe(postgres.length)

  demo.kill('SIGTERM')
  expect((await demo.exit).code).toBe(0)
  expect(await readdir(folder)).toEqual([])
  expect((await runCommand(['status'], environment)).stderr).toMatch(/^There is no database/)
})
