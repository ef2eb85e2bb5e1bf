import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import type { Readable } from 'node:stream'

const ROOT = path.join(import.meta.dirname, '../..')
/** Node's compile cache for all processes of the tests. A run of all tests starts some hundred of them. */
const COMPILE_CACHE = path.join(tmpdir(), 'seam-mirror-tests-compile-cache')

/**
 * In a program with this in its environment, idle connections live for an hour, so that it ends only if it closes them. A program
 * that forgets to is found without measuring how long it takes (A2).
 */
export const ENDLESS_IDLE = { NODE_OPTIONS: `--import=${path.join(import.meta.dirname, 'endless-idle.js')}` }

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

export interface Program {
  pid: number
  /** Resolves when it has ended. */
  exit: Promise<Exit>
  stdout(): string
  kill(signal: NodeJS.Signals): void
  /** Signals the process and its children, as a terminal and some supervisors do. */
  killGroup(signal: NodeJS.Signals): void
}

/**
 * Starts one of our programs (`bin/seam-mirror.js`) as a process of its own, with the Node that runs the tests
 * and nothing of its environment but the path. Called within a test; when that is over, the process is killed if it still runs.
 */
export function startProgram(
  file: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Program {
  return startCommand(process.execPath, [path.join(ROOT, file), ...args], environment)
}

/** A signal ends a process without its 'exit' listeners, unless somebody listens to it. */
function exitOnSignal(): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    if (process.listenerCount(signal) === 0) process.once(signal, () => process.exit(1))
}

/** Starts any command in the project's folder, as a process group of its own, so that a test can signal all of it. */
export function startCommand(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Program {
  const child: ChildProcessByStdio<null, Readable, Readable> = spawn(command, args, {
    cwd: ROOT,
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: COMPILE_CACHE, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const pid = child.pid ?? -1
  const killGroup = (signal: NodeJS.Signals) => void process.kill(-pid, signal)
  const endWithUs = () => {
    try {
      killGroup('SIGKILL')
    } catch {
      // All processes of the group have ended.
    }
  }
  // A test that fails half-way leaves no process behind, nor does a run that is told to stop.
  exitOnSignal()
  process.once('exit', endWithUs)
  onTestFinished(() => {
    process.off('exit', endWithUs)
    endWithUs()
  })
  const output = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => void (output.stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => void (output.stderr += text))
  const exit = new Promise<Exit>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, ...output }))
  })
  return {
    pid,
    exit,
    stdout: () => output.stdout,
    kill: (signal) => void child.kill(signal),
    killGroup,
  }
}

/** Runs it to its end. */
export function runProgram(
  file: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Exit> {
  return startProgram(file, args, environment).exit
}

export interface Service extends Program {
  url: string
}

/** Resolves with the service as soon as it listens. Throws with its output when it ends instead. */
export async function startService(environment: Readonly<Record<string, string>>): Promise<Service> {
  const program = startProgram('bin/seam-mirror.js', ['serve'], {
    HOST: '127.0.0.1',
    PORT: '0',
    ...environment,
  })
  const ended = program.exit.then((exit) =>
    Promise.reject(new Error(`The service did not start: ${JSON.stringify(exit)}`)),
  )
  for (;;) {
    const line = program
      .stdout()
      .split('\n')
      .find((text) => text.includes('"listening"') && text.endsWith('}'))
    if (line !== undefined) {
      // From now on the caller decides whether its end is expected.
      ended.catch(() => {})
      return { ...program, url: (JSON.parse(line) as { url: string }).url }
    }
    await Promise.race([ended, setTimeout(10)])
  }
}
