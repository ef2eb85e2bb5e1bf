import { percentile } from '../results/percentile.ts'
import type { LoadResult } from './run-load.ts'

/** Runs a task again and again, one run after the other, until a number of runs or a time is reached. */
export async function runInTurn(
  once: (i: number) => Promise<unknown>,
  { count, seconds }: { count: number; seconds: number },
): Promise<LoadResult> {
  const latencies: number[] = []
  const cpuBefore = process.cpuUsage()
  const begin = performance.now()
  const deadline = begin + seconds * 1000
  let end = begin
  while (latencies.length < count && end < deadline) {
    const startedAt = performance.now()
    await once(latencies.length)
    end = performance.now()
    latencies.push(end - startedAt)
  }
  const { user, system } = process.cpuUsage(cpuBefore)
  const sorted = latencies.toSorted((a, b) => a - b)
  return {
    ok: sorted.length,
    failed: {},
    seconds: (end - begin) / 1000,
    p50Ms: percentile(sorted, 0.5),
    p99Ms: percentile(sorted, 0.99),
    generatorMicros: (user + system) / sorted.length,
  }
}
