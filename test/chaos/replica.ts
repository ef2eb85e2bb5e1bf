import { type ChildProcess, spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Writable } from 'node:stream'
import { setTimeout } from 'node:timers/promises'
import type { Findings } from './findings.ts'
import type { Vitals } from './vitals.ts'
import { PATIENCE_MS, until } from './until.ts'

const ROOT = path.join(import.meta.dirname, '../..')
/** Until Node has loaded the service on a busy machine. */
const LOADING_MS = 3000
/** Loaded before the service's own code. */
const WALL_CLOCK = path.join(import.meta.dirname, 'wall-clock.js')
const LEFT_OUT = /^\d+ lines of the log could not be written\.\n/m
/** Starts of Node are a good part of a round; with its code compiled before, one takes half as long. */
const COMPILE_CACHE = path.join(tmpdir(), 'seam-mirror-chaos-compile-cache')

export interface ReplicaOptions {
  name: string
  port: number
  /** For a process with this application_name. */
  environment: (app: string) => Readonly<Record<string, string>>
  findings: Findings
  vitals: Vitals
  /** Whether the database may be the reason that a start fails. */
  isDatabaseTroubled: () => boolean
}

export interface ReplicaCounts {
  starts: number
  failedStarts: number
  kills: number
  terminations: number
}

type State = 'stopped' | 'starting' | 'serving'

/** One replica: a process of the real service on a port of its own, that is killed, stopped and started again. */
export class Replica {
  readonly counts: ReplicaCounts = { starts: 0, failedStarts: 0, kills: 0, terminations: 0 }
  readonly url: string
  readonly #options: ReplicaOptions
  #state: State = 'stopped'
  #child: ChildProcess | null = null
  #ended: Promise<unknown> = Promise.resolve()
  /** The signal that the laboratory has sent, so that the end is no surprise. */
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

  /** The application_name of the present process, or of the last. */
  get app(): string {
    return `replica-${this.name}-${this.counts.starts}`
  }

  get isRunning(): boolean {
    return this.#state !== 'stopped'
  }

  get isServing(): boolean {
    return this.#state === 'serving'
  }

  /** All that its processes have printed. */
  get output(): readonly string[] {
    return this.#output
  }

  /** What its processes have logged, each message once, with how often it came. */
  get log(): readonly string[] {
    return [...this.#log].map(([line, times]) => `${times} × ${line}`)
  }

  /** Starts a process; resolves as soon as it exists. */
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
    // A laboratory that is told to stop takes its processes with it.
    const endWithUs = () => void child.kill('SIGKILL')
    process.once('exit', endWithUs)
    let stderr = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => void (stderr += text))
    child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#keep(text))
    // Written to when the process has just ended.
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

  /** Starts one if none runs, again if that fails, and waits until it serves; false when it does not in time. */
  async serve(timeoutMs: number): Promise<boolean> {
    return until(() => {
      if (!this.isRunning) this.start()
      return this.isServing
    }, timeoutMs)
  }

  /** kill -9; resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.#child === null) return
    this.#options.vitals.leave(this.name)
    this.#sent = 'SIGKILL'
    this.counts.kills += 1
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  /** SIGTERM; resolves when it is gone, which is to be soon and with exit code 0. */
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

  /** SIGSTOP: as a long pause of its garbage collection, or of its whole machine. */
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

  /** Sets the wall clock of the present process, to so many milliseconds from the true one. */
  setWallClock(offsetMs: number): void {
    const pipe = this.#child?.stdio[3]
    if (pipe instanceof Writable && pipe.writable) pipe.write(`${offsetMs}\n`)
  }

  async #watch(child: ChildProcess): Promise<void> {
    while (this.#child === child) {
      // While it waits for its database, it refuses everything but /livez.
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
    // The laboratory may read more slowly than it is logged: then the service says how much it has left out.
    const stderr = printed.replace(LEFT_OUT, '')
    const { findings, isDatabaseTroubled } = this.#options
    const how = `code ${code}, signal ${signal}, stderr ${JSON.stringify(stderr.slice(0, 500))}`
    // A start that fails says why on stderr and exits 1; whoever runs the service starts it again.
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

/** What a line of the log says, without what makes each one different. */
function messageOf(line: string): string {
  if (!line.startsWith('{')) return line
  const { msg, err, error } = JSON.parse(line) as LogLine
  return [msg, err?.message, error?.message].filter((part) => part !== undefined).join(': ')
}
