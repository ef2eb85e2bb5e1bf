import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'

const ROOT = path.join(import.meta.dirname, '../..')
const LOOK_EVERY_MS = 5
const START_TIMEOUT_MS = 60_000
const STOP_TIMEOUT_MS = 15_000

export interface StartOptions {
  /** The program and its arguments. */
  command: readonly [string, ...string[]]
  environment: Readonly<Record<string, string>>
  logFile: string
  /** Whether the service is a child of the started program. Then the pid from its log is the one to measure and to stop. */
  isUnderNpm?: boolean
}

export interface StartedProcess {
  pid: number
  url: string
  /** The time from the spawn until the log said that it listens. */
  startMs: number
  stop(): Promise<void>
}

/**
 * Starts one of our programs as a process of its own, with nothing of this environment but the path, and waits until its log says
 * that it listens. Its output goes to a file, because in production another program reads it: a pipe would give the benchmark
 * work for each line.
 */
export async function startProcess(options: StartOptions): Promise<StartedProcess> {
  const { command, environment, logFile, isUnderNpm = false } = options
  const startedAt = performance.now()
  const log = openSync(logFile, 'w')
  const [program, ...args] = command
  const child = spawn(program, args, {
    cwd: ROOT,
    env: { PATH: process.env.PATH, HOME: process.env.HOME, LOG_LEVEL: 'info', ...environment },
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  try {
    const said = await listening(child, logFile)
    const startMs = performance.now() - startedAt
    const pid = isUnderNpm ? said.pid : (child.pid as number)
    return { pid, url: said.url, startMs, stop: () => stop(child, pid) }
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}

/** Finds in the log where the program listens, and which process says so. */
async function listening(child: ChildProcess, logFile: string): Promise<{ url: string; pid: number }> {
  const giveUpAt = performance.now() + START_TIMEOUT_MS
  for (;;) {
    const text = readFileSync(logFile, 'utf8')
    const line = text.split('\n').find((each) => each.includes('"listening"') && each.endsWith('}'))
    if (line !== undefined) return JSON.parse(line) as { url: string; pid: number }
    if (child.exitCode !== null || child.signalCode !== null || performance.now() > giveUpAt) {
      throw new Error(`${child.spawnargs.join(' ')} did not start:\n${text.slice(-2000)}`)
    }
    await setTimeout(LOOK_EVERY_MS)
  }
}

async function stop(child: ChildProcess, pid: number): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  process.kill(pid, 'SIGTERM')
  const timer = globalThis.setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  await ended
  clearTimeout(timer)
}
