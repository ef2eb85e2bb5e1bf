import type { LoadResult } from '../load/run-load.ts'
import { median } from '../results/percentile.ts'
import type { Cpu } from './measure-cpu.ts'

export interface Run {
  load: LoadResult
  cpu: Cpu
}

export interface MedianRun {
  perSecond: number
  p50Ms: number
  p99Ms: number
  cpuMicros: Cpu
  generatorMicros: number
}

/** The medians of several runs, taken for each quantity by itself. */
export function medianRun(runs: readonly Run[]): MedianRun {
  const of = (value: (run: Run) => number) => median(runs.map(value))
  const cpu = (value: (run: Run) => number | null) => {
    const values = runs.map(value).filter((each) => each !== null)
    return values.length === 0 ? null : median(values)
  }
  return {
    perSecond: of(({ load }) => load.ok / load.seconds),
    p50Ms: of(({ load }) => load.p50Ms),
    p99Ms: of(({ load }) => load.p99Ms),
    generatorMicros: of(({ load }) => load.generatorMicros),
    cpuMicros: { service: cpu((run) => run.cpu.service), postgres: cpu((run) => run.cpu.postgres) },
  }
}
