import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import type { Bench } from '../bench.ts'
import type { BulkResult } from '../processes/bulk-process.ts'
import { countEvents } from './empty-events.ts'

/** Makes one run of the bulk path on an empty table, in a process of its own. */
export async function ingestInBulk(
  bench: Bench,
  databaseUrl: string,
  events: number,
  problems: string[],
): Promise<BulkResult> {
  const { pid: postgres } = await bench.server()
  const file = path.join(import.meta.dirname, '../processes/bulk-process.ts')
  const child = fork(file, [databaseUrl, `${events}`, `${postgres}`], { execArgv: [...bench.flags] })
  bench.releasers.add(async () => void child.kill('SIGKILL'))
  const ended = once(child, 'exit').then(() => Promise.reject(new Error('The bulk process has ended.')))
  const [result] = (await Promise.race([once(child, 'message'), ended])) as [BulkResult]
  ended.catch(() => {})
  const stored = await countEvents(databaseUrl)
  if (stored !== events) problems.push(`${events} were ingested, but ${stored} are stored`)
  return result
}
