import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Findings } from './findings.ts'
import type { ProbeReport, ProbeTask } from './livez-probe.ts'
import { PATIENCE_MS } from './until.ts'

const LOOK_EVERY_MS = 200
/** So long a supervisor's probe waits at most, as a rule; a busy machine alone made it 0.6 s. */
const LONGEST_LIVEZ_MS = 10_000
/** The service with everything in it that a round's rows, readers and deliveries can put there; the limits of README allow half of it. */
const MOST_MEMORY_MB = 1024

/** How well the processes of a round were at their worst. */
export interface VitalFigures {
  /** The longest that `/livez` took to answer, of processes that nobody held up. */
  longestLivezMs: number
  /** The most memory that a process has had, in MB (10^6 bytes); null where the system does not say. */
  peakMemoryMb: number | null
  /** What webhooks, and another caller, were answered while readers were on and nothing else was wrong. */
  besideReaders: { taken: number; busy: number; asked: Record<number, number> }
}

export interface Vitals {
  /** A process was started, or goes on. */
  watch(name: string, url: string, pid: number | undefined): void
  /** It is held up, or about to end. */
  leave(name: string): void
  /** What webhooks and another caller were answered while readers were on. */
  beside(taken: number, busy: number, asked: readonly number[]): void
  figures(): VitalFigures
  stop(): Promise<void>
}

export function startVitals(findings: Findings): Vitals {
  const worker = new Worker(path.join(import.meta.dirname, 'livez-probe.ts'))
  const pids = new Map<string, number>()
  const figures: VitalFigures = {
    longestLivezMs: 0,
    peakMemoryMb: null,
    besideReaders: { taken: 0, busy: 0, asked: {} },
  }
  worker.on('error', (error) => findings.add('lab', `the probe of /livez: ${String(error)}`))
  worker.on('message', ({ name, tookMs, isAnswered }: ProbeReport) => {
    figures.longestLivezMs = Math.max(figures.longestLivezMs, tookMs)
    if (!isAnswered) findings.add('I12', `/livez of replica ${name} did not answer in ${PATIENCE_MS} ms`)
    else if (tookMs > LONGEST_LIVEZ_MS)
      findings.add('I12', `/livez of replica ${name} took ${Math.round(tookMs)} ms`, `livez ${name}`)
  })

  async function look(pid: number): Promise<void> {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]
    if (kilobytes === undefined) return
    const megabytes = Math.round((Number(kilobytes) * 1024) / 1e6)
    figures.peakMemoryMb = Math.max(figures.peakMemoryMb ?? 0, megabytes)
    if (megabytes > MOST_MEMORY_MB)
      findings.add('I12', `a process took more than ${MOST_MEMORY_MB} MB of memory`)
  }
  const timer = setInterval(() => void Promise.all([...pids.values()].map(look)), LOOK_EVERY_MS)

  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  const tell = (task: ProbeTask) => worker.postMessage(task)
  return {
    watch: (name, url, pid) => {
      if (pid !== undefined) pids.set(name, pid)
      tell({ name, url })
    },
    leave: (name) => {
      pids.delete(name)
      tell({ name, url: null })
    },
    beside: (taken, busy, asked) => {
      const { besideReaders } = figures
      besideReaders.taken += taken
      besideReaders.busy += busy
      for (const status of asked) besideReaders.asked[status] = (besideReaders.asked[status] ?? 0) + 1
    },
    figures: () => figures,
    stop: async () => {
      clearInterval(timer)
      await worker.terminate()
    },
  }
}
