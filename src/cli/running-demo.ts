import { mkdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** The demo's settings, as environment variables. */
export interface DemoEnvironment extends Record<string, string> {
  DATABASE_URL: string
}

const FILE = 'demo.json'

/** Lets commands find the demo that runs here while it does. Gives what makes that end; a folder that can't be written is no reason to fail. */
export async function rememberDemo(
  dataDir: string,
  environment: DemoEnvironment,
): Promise<() => Promise<void>> {
  const file = path.join(dataDir, FILE)
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 })
    await writeFile(file, JSON.stringify({ pid: process.pid, environment }), { mode: 0o600 })
  } catch {
    return async () => {}
  }
  return async () => {
    // Of two demos that run at once, the later one is found.
    if ((await readRecord(dataDir))?.pid !== process.pid) return
    await rm(file, { force: true })
    // Only an empty folder goes.
    await rmdir(dataDir).catch(() => {})
  }
}

/** The settings of the demo that runs here; null when none does. */
export async function readRunningDemo(dataDir: string): Promise<DemoEnvironment | null> {
  const record = await readRecord(dataDir)
  return record !== null && isAlive(record.pid) ? record.environment : null
}

async function readRecord(dataDir: string): Promise<{ pid: number; environment: DemoEnvironment } | null> {
  try {
    return JSON.parse(await readFile(path.join(dataDir, FILE), 'utf8')) as {
      pid: number
      environment: DemoEnvironment
    }
  } catch {
    return null
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
