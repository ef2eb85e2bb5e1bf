import { mkdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { isAlive } from '../runtime/is-alive.ts'

/** The demo's settings, as environment variables. */
export interface DemoEnvironment extends Record<string, string> {
  DATABASE_URL: string
}

const FILE = 'demo.json'

/**
 * Lets commands find the demo that runs here, for as long as it runs. Returns the function that ends this. A folder that cannot be
 * written is no reason to fail.
 */
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
    // When two demos run at once, commands find the later one, so its record stays.
    if ((await readRecord(dataDir))?.pid !== process.pid) return
    await rm(file, { force: true })
    // Removes the folder only when it is empty.
    await rmdir(dataDir).catch(() => {})
  }
}

/** The settings of the demo that runs here; null when none runs. */
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
