import { type ChildProcess, spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Writable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import type { Findings } from './findings.ts'
import type { Vitals } from './vitals.ts'
import { PATIENCE_MS, until } from './until.ts'

const ROOT = path.join(import.meta.dirname, '../..')
/** The time that Node needs to load the service on a busy machine. */
const LOADING_MS = 3000
/** A script that is loaded before the service's own code. */
const WALL_CLOCK = path.join(import.meta.dirname, 'wall-clock.js')
const LEFT_OUT = /^\d+ lines of the log could not be written\.\n/m
/** Starts of Node are a good part of a round. With a compile cache, a start takes half as long. */
const COMPILE_CACHE = path.join(tmpdir(), 'seam-mirror-chaos-compile-cache')

export interface ReplicaOptions {
  name: string
  port: number
  /** The environment of a process with this application_name. */
  environment: (app: string) => Readonly<Record<string, string>>
  findings: Findings
  vitals: Vitals
  /** Whether a start may fail because of the database. */
  isDatabaseTroubled: () => boolean
}

export interface ReplicaCounts {
  starts: number
  failedStarts: number
  kills: number
  terminations: number
}

type State = 'stopped' | 'starting' | 'serving'

/** One replica: a process of the real service on its own port, which is killed, stopped and started again. */
export class Replica {
  readonly counts: ReplicaCounts = { starts: 0, failedStarts: 0, kills: 0, terminations: 0 }
  readonly url: string
  readonly #options: ReplicaOptions
  #state: State = 'stopped'
  #child: ChildProcess | null = null
  #ended: Promise<unknown> = Promise.resolve()
  /** The signal that the laboratory has sent, and after which the process may end. */
  #sent: 'SIGKILL' | 'SIGTERM' | null = null
  #startedAt = 0
  #isPaused = false
  #remainder = ''
  readonly #output: string[] = []
  readonly #log = new Map<string, number>()

  constructor(options: ReplicaOptions) {
    this.#options = options
    this.url = `http://127.0.0.1:${options.port}`
  }

  get name(): string {
    return this.#options.name
  }

  /** The application_name of the current process, or of the last one. */
  get app(): string {
    return `replica-${this.name}-${this.counts.starts}`
  }

  get isRunning(): boolean {
    return this.#state !== 'stopped'
  }

  get isServing(): boolean {
    return this.#state === 'serving'
  }

  /** Everything that its processes have printed. */
  get output(): readonly string[] {
    return this.#output
  }

  /** The messages that its processes have logged, with the number of times. */
  get log(): readonly string[] {
    return [...this.#log].map(([line, times]) => `${times} × ${line}`)
  }

  /** Starts a process. Resolves as soon as the process exists. */
  start(): void {
    if (this.#child !== null) return
    this.counts.starts += 1
    this.#sent = null
    this.#state = 'starting'
    this.#startedAt = performance.now()
    const { port, environment } = this.#options
    const child = spawn(process.execPath, [path.join(ROOT, 'bin/seam-mirror.js'), 'serve'], {
      cwd: ROOT,
      env: {
        PATH: process.env.PATH,
        NODE_OPTIONS: `--import=${WALL_CLOCK}`,
        NODE_COMPILE_CACHE: COMPILE_CACHE,
        HOST: '127.0.0.1',
        PORT: String(port),
        ...environment(this.app),
      },
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    })
    this.#child = child
    // When the laboratory is stopped, it ends its processes.
    const endWithUs = () => void child.kill('SIGKILL')
    process.once('exit', endWithUs)
    let stderr = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => void (stderr += text))
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#keep(text))
    // The process may have just ended when the pipe is written to.
    child.stdio[3]?.on('error', () => {})
    this.#ended = new Promise<void>((resolve) => {
      child.once('close', (code, signal) => {
        process.off('exit', endWithUs)
        this.#options.vitals.leave(this.name)
        this.#output.push(stderr)
        this.#judge(code, signal, stderr)
        this.#child = null
        this.#state = 'stopped'
        resolve()
      })
    })
    this.#options.vitals.watch(this.name, this.url, child.pid)
    void this.#watch(child)
  }

  /** Starts a process if none runs, again if that fails, and waits until it serves. Returns false when it does not serve in time. */
  async serve(timeoutMs: number): Promise<boolean> {
    return until(() => {
      if (!this.isRunning) this.start()
      return this.isServing
    }, timeoutMs)
  }

  /** Kills the process (SIGKILL). Resolves when it has ended. */
  async kill(): Promise<void> {
    if (this.#child === null) return
    this.#options.vitals.leave(this.name)
    this.#sent = 'SIGKILL'
    this.counts.kills += 1
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  /** Stops the process (SIGTERM). Resolves when it has ended, which must be soon and with exit code 0. */
  async terminate(): Promise<void> {
    if (this.#child === null || this.#sent !== null) return
    this.#options.vitals.leave(this.name)
    this.#sent = 'SIGTERM'
    this.counts.terminations += 1
    this.#child.kill('SIGTERM')
    const inTime = await Promise.race([this.#ended.then(() => true), setTimeout(PATIENCE_MS, false)])
    if (inTime) return
    this.#options.findings.add('I14', `${this.app} had not stopped ${PATIENCE_MS} ms after SIGTERM`)
    this.#sent = 'SIGKILL'
    this.#child?.kill('SIGKILL')
    await this.#ended
  }

  /** Pauses the process (SIGSTOP), like a long garbage collection or a pause of its machine. */
  pause(): void {
    this.#options.vitals.leave(this.name)
    this.#isPaused = true
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#child?.kill('SIGCONT')
    if (this.#child !== null) this.#options.vitals.watch(this.name, this.url, this.#child.pid)
  }

  /** Sets the wall clock of the current process to this many milliseconds from the true time. */
  setWallClock(offsetMs: number): void {
    const pipe = this.#child?.stdio[3]
    if (pipe instanceof Writable && pipe.writable) pipe.write(`${offsetMs}\n`)
  }

  async #watch(child: ChildProcess): Promise<void> {
    while (this.#child === child) {
      // While the service waits for its database, it answers everything except /livez with 503.
      const isUp = await fetch(`${this.url}/`, { signal: AbortSignal.timeout(1000) }).then(
        ({ status }) => status !== 503,
        () => false,
      )
      if (isUp && this.#child === child) {
        this.#state = 'serving'
        return
      }
      await setTimeout(40)
    }
  }

  #judge(code: number | null, signal: NodeJS.Signals | null, printed: string): void {
    // The laboratory may read the log too slowly. Then the service says how many lines it has left out.
    const stderr = printed.replace(LEFT_OUT, '')
    const { findings, isDatabaseTroubled } = this.#options
    const how = `code ${code}, signal ${signal}, stderr ${JSON.stringify(stderr.slice(0, 500))}`
    // A start that fails prints the reason on stderr and exits with 1. It is started again, as a supervisor would do.
    if (this.#sent === null && this.#state === 'starting' && code === 1 && isDatabaseTroubled()) {
      this.counts.failedStarts += 1
      this.#keep(`${this.app}: ${stderr}\n`)
      return
    }
    // No program can answer a signal before its code is loaded.
    const isLoading = this.#state === 'starting' && performance.now() - this.#startedAt < LOADING_MS
    if (this.#sent === 'SIGTERM' && signal === 'SIGTERM' && isLoading) return
    if (this.#sent === null) findings.add('I14', `${this.app} ended by itself: ${how}`)
    else if (this.#sent === 'SIGTERM' && (code !== 0 || stderr !== ''))
      findings.add('I14', `${this.app} did not stop cleanly at SIGTERM: ${how}`)
    else if (stderr !== '') findings.add('I14', `${this.app} printed to stderr: ${how}`)
  }

  #keep(text: string): void {
    this.#output.push(text)
    const lines = `${this.#remainder}${text}`.split('\n')
    this.#remainder = lines.pop() ?? ''
    for (const line of lines) {
      const message = messageOf(line)
      this.#log.set(message, (this.#log.get(message) ?? 0) + 1)
    }
  }
}

interface LogLine {
  msg?: string
  err?: { message?: string }
  error?: { message?: string }
}

/** The message of a log line, without its time and other details. */
function messageOf(line: string): string {
  if (!line.startsWith('{')) return line
  const { msg, err, error } = JSON.parse(line) as LogLine
  return [msg, err?.message, error?.message].filter((part) => part !== undefined).join(': ')
}
