import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Releasers } from '../src/runtime/releasers.ts'
import { createStoredEvents, type StoredEvents } from './dataset/stored-events.ts'
import { type LoadProcess, startLoadProcess } from './processes/start-load-process.ts'
import { type StartedProcess, type StartOptions, startProcess } from './processes/start-process.ts'
import { type Server, startServer } from './processes/start-server.ts'
import { SECRETS_KEY, WORKSPACE_ID } from './service-parts.ts'
import type { Options } from './options.ts'

/** What the rows share: settings, processes that start when they are first needed, and one place that ends them all. */
export interface Bench {
  options: Options
  /** Whatever is started registers here how to end it. */
  releasers: Releasers
  /** Node's flags for every process that runs the service's code. */
  flags: readonly string[]
  /** The Postgres server for rows that write, with Postgres's default settings. */
  server(): Promise<Server>
  load(): LoadProcess
  storedEvents: StoredEvents
  start(options: Omit<StartOptions, 'logFile'>): Promise<StartedProcess>
  /** Starts `seam-mirror serve` on this database, as in production. */
  startMirror(databaseUrl: string, environment?: Readonly<Record<string, string>>): Promise<StartedProcess>
  /** Starts one of `bench/baselines`. */
  startBaseline(
    name: string,
    databaseUrl: string,
    environment?: Readonly<Record<string, string>>,
  ): Promise<StartedProcess>
}

export const WEBHOOK_SECRET = `whsec_${Buffer.from('the secret of the bench,').toString('base64')}`

/** The service's settings, unless a row changes them. They have a secrets key, so PINs are sealed and not just masked. */
const MIRROR_ENVIRONMENT = {
  HOST: '127.0.0.1',
  PORT: '0',
  SEAM_WORKSPACE_ID: WORKSPACE_ID,
  SEAM_WEBHOOK_SECRET: WEBHOOK_SECRET,
  SEAM_MIRROR_SECRETS_KEY: SECRETS_KEY.toString('base64'),
}

export async function openBench(options: Options): Promise<Bench> {
  const releasers = new Releasers()
  const logDir = await mkdtemp(path.join(tmpdir(), 'seam-mirror-bench-'))
  releasers.add(() => rm(logDir, { recursive: true, force: true }))
  let server: Promise<Server> | null = null
  let load: LoadProcess | null = null
  let started = 0

  const start: Bench['start'] = async (startOptions) => {
    started += 1
    const process = await startProcess({ ...startOptions, logFile: path.join(logDir, `${started}.log`) })
    releasers.add(() => process.stop())
    return process
  }
  const { profileDir } = options
  const flags = [
    ...startFlags(),
    ...(profileDir === null ? [] : ['--cpu-prof', '--cpu-prof-dir', path.resolve(profileDir)]),
  ]
  const node = (file: string, args: readonly string[], environment: Readonly<Record<string, string>>) =>
    start({
      command: [process.execPath, ...flags, path.join(import.meta.dirname, file), ...args],
      environment,
    })
  return {
    options,
    releasers,
    server: () => (server ??= startRegistered(releasers, [])),
    flags,
    load: () => {
      if (load === null) {
        const fresh = startLoadProcess()
        releasers.add(() => fresh.stop())
        load = fresh
      }
      return load
    },
    storedEvents: createStoredEvents((settings) => startRegistered(releasers, settings)),
    start,
    startMirror: (databaseUrl, environment = {}) =>
      node('../bin/seam-mirror.js', ['serve'], {
        ...MIRROR_ENVIRONMENT,
        DATABASE_URL: databaseUrl,
        ...environment,
      }),
    startBaseline: (name, databaseUrl, environment = {}) =>
      node(`baselines/${name}.ts`, [], { ...MIRROR_ENVIRONMENT, DATABASE_URL: databaseUrl, ...environment }),
  }
}

/** Node's flags of `npm start`. */
function startFlags(): string[] {
  const { scripts } = JSON.parse(readFileSync(path.join(import.meta.dirname, '../package.json'), 'utf8')) as {
    scripts: { start: string }
  }
  return scripts.start.split(' ').filter((word) => word.startsWith('--'))
}

async function startRegistered(releasers: Releasers, settings: readonly string[]): Promise<Server> {
  const starting = startServer(settings)
  // This also holds when the benchmark is told to stop before the server has started.
  releasers.add(async () => (await starting.catch(() => null))?.stop())
  return starting
}
