import { measureCpu } from '../rows/measure-cpu.ts'
import type { Server } from '../processes/start-server.ts'
import { fillEvents } from './fill-events.ts'
import { foldEvents } from './fold-events.ts'

/** What folding took for each event, in microseconds: all in all, and of Postgres's CPU. */
export interface FoldCost {
  micros: number
  cpuMicros: number | null
}

export interface StoredEvents {
  /** The URL of a database with `count` events. It is made once, which takes minutes for five million. */
  database(count: number): Promise<string>
  foldCost(count: number): Promise<FoldCost>
  /** The server that holds it. */
  server(): Promise<Server>
}

/**
 * Settings for loading quickly. With wal_level=minimal the rows of a fresh table go only to its file, which is synced at the
 * commit, and not to the log as well. Indexes are sorted in memory. Nothing is written to this server while it is measured.
 */
const SETTINGS = [
  'wal_level=minimal',
  'max_wal_senders=0',
  'max_wal_size=8GB',
  'checkpoint_timeout=30min',
  'maintenance_work_mem=512MB',
  'shared_buffers=512MB',
]

export function createStoredEvents(start: (settings: readonly string[]) => Promise<Server>): StoredEvents {
  let server: Promise<Server> | null = null
  const databases = new Map<number, Promise<{ url: string; foldCost: FoldCost }>>()
  const startOnce = () => (server ??= start(SETTINGS))
  const make = async (count: number): Promise<{ url: string; foldCost: FoldCost }> => {
    const startedAt = performance.now()
    const url = await (await startOnce()).createDatabase(`events_${count}`)
    await fillEvents(url, count)
    // A service that is measured must not be folding meanwhile.
    const { result: micros, cpu } = await measureCpu(
      { service: null, postgres: (await startOnce()).pid },
      () => foldEvents(url, count),
      () => count,
    )
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    console.error(
      `Stored ${count.toLocaleString('en-US')} events with their indexes, and folded them, in ${seconds} s.`,
    )
    return { url, foldCost: { micros, cpuMicros: cpu.postgres } }
  }
  const madeOnce = (count: number) => {
    const known = databases.get(count) ?? make(count)
    databases.set(count, known)
    return known
  }
  return {
    server: startOnce,
    database: async (count) => (await madeOnce(count)).url,
    foldCost: async (count) => (await madeOnce(count)).foldCost,
  }
}
