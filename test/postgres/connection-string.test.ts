import { execFile, spawnSync } from 'node:child_process'
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { findPrograms } from '../../src/embedded-postgres/embedded-postgres-programs.ts'
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts'
import { runProgram } from '../support/run-program.ts'

const run = promisify(execFile)
const hasOpenssl = spawnSync('openssl', ['version']).status === 0

/** A folder that Postgres may read, whoever it runs as. */
async function folder(): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), 'seam-mirror-tls-'))
  await chmod(dir, 0o755)
  onTestFinished(() => rm(dir, { recursive: true, force: true }))
  return dir
}

async function startServer(settings: readonly string[]): Promise<URL> {
  const server = await startEmbeddedPostgres({ settings })
  onTestFinished(() => server.stop())
  return new URL(server.url)
}

const migrate = (url: string) => runProgram('bin/seam-mirror.js', ['migrate'], { DATABASE_URL: url })

/** An authority of our own, and a certificate of it for the loopback interface. */
async function makeCertificates(dir: string): Promise<void> {
  const openssl = (...args: string[]) => run('openssl', args, { cwd: dir })
  const newKey = ['-newkey', 'rsa:2048', '-nodes']
  await openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '2',
    '-subj',
    '/CN=own',
  )
  await openssl('req', ...newKey, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=localhost')
  await writeFile(path.join(dir, 'names'), 'subjectAltName=IP:127.0.0.1')
  const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'names']
  await openssl('x509', '-req', '-in', 'server.csr', '-out', 'server.pem', ...signed)
  const { runAs } = await findPrograms()
  if (runAs) await chown(path.join(dir, 'server.key'), runAs.uid, runAs.gid)
  await chmod(path.join(dir, 'server.key'), 0o600)
}

test.skipIf(!hasOpenssl)(
  'F16: a server whose certificate a private authority signed is reached as documented; without its name the start ends at once with what to do',
  async () => {
    const dir = await folder()
    await makeCertificates(dir)
    const [certificate, key] = [path.join(dir, 'server.pem'), path.join(dir, 'server.key')]
    const url = await startServer(['ssl=on', `ssl_cert_file=${certificate}`, `ssl_key_file=${key}`])
    const good = await migrate(`${url.href}?sslmode=verify-full&sslrootcert=${path.join(dir, 'ca.pem')}`)
    expect(good).toMatchObject({ code: 0, stderr: 'The schema was brought up to date.\n' })
    expect(await migrate(`${url.href}?sslmode=no-verify`)).toMatchObject({ code: 0 })

    const refused = await migrate(`${url.href}?sslmode=require`)
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toMatch(/certificate.*sslmode=verify-full&sslrootcert=/)
    expect(refused.stderr.trimEnd().split('\n')).toHaveLength(1)
  },
)

test('F15, F16: a socket is reached as documented; TLS that the server does not have ends the start at once with what to do', async () => {
  const dir = await folder()
  await chmod(dir, 0o777)
  const { password, port, href } = await startServer([`unix_socket_directories=${dir}`])
  const socket = `postgres://postgres:${password}@/postgres?host=${encodeURIComponent(dir)}&port=${port}`
  expect(await migrate(socket)).toMatchObject({ code: 0, stderr: 'The schema was brought up to date.\n' })

  const refused = await migrate(`${href}?sslmode=require`)
  expect(refused).toMatchObject({ code: 1, stdout: '' })
  expect(refused.stderr).toMatch(/^The server does not support SSL connections\. Remove sslmode.*\n$/)
})
