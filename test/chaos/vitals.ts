import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Findings } from './findings.ts'
import type { ProbeReport, ProbeTask } from './livez-probe.ts'
import { PATIENCE_MS } from './until.ts'

const LOOK_EVERY_MS = 200
/** Supervisors usually wait at most this long for a probe. A busy machine alone caused 0.6 s. */
const LONGEST_LIVEZ_MS = 10_000
/** The memory that a process may use, whatever a round does. The limits in the README allow half of it. */
const MOST_MEMORY_MB = 1024

/** The worst values of a round's processes. */
export interface VitalFigures {
  /** The longest time that `/livez` took to answer, without processes that the laboratory held up. */
  longestLivezMs: number
  /** The most memory that a process had, in MB (10^6 bytes). Null where the system does not say. */
  peakMemoryMb: number | null
  /** The answers to webhooks and to another caller while greedy readers were active and nothing else was wrong. */
  besideReaders: { taken: number; busy: number; asked: Record<number, number> }
}

export interface Vitals {
  /** Called when a process was started or goes on. */
  watch(name: string, url: string, pid: number | undefined): void
  /** Called when a process is held up or about to end. */
  leave(name: string): void
  /** Adds the answers to webhooks and to another caller while greedy readers were active. */
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
