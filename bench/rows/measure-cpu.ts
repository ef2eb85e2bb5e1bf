import { cpuSeconds } from '../processes/process-tree.ts'

export interface Cpu {
  service: number | null
  postgres: number | null
}

/** Runs a task, and says how many CPU microseconds the service and Postgres took for each of the `count` that it returns. */
export async function measureCpu<T>(
  pids: { service: number | null; postgres: number },
  work: () => Promise<T>,
  count: (result: T) => number,
): Promise<{ result: T; cpu: Cpu }> {
  const before = { service: read(pids.service), postgres: read(pids.postgres) }
  const result = await work()
  const micros = (start: number | null, end: number | null) =>
    start === null || end === null ? null : ((end - start) * 1e6) / count(result)
  return {
    result,
    cpu: {
      service: micros(before.service, read(pids.service)),
      postgres: micros(before.postgres, read(pids.postgres)),
    },
  }
}

function read(pid: number | null): number | null {
  return pid === null ? null : cpuSeconds(pid)
}
