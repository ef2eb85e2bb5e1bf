import { setImmediate } from 'node:timers/promises'
import { openLogDestination } from '../../src/observability/open-log-destination.ts'

/*
 * For the tests of the log: writes as many numbered lines as its argument says, without waiting for anybody, and then, for each text
 * that comes on standard input, what was written before and one more line. It says on standard error how many were lost in all, and how
 * much memory it has.
 */

const log = openLogDestination(1)
for (let i = 0; i < Number(process.argv[2]); i++) {
  log.write(`line ${i} ${'x'.repeat(200)}\n`)
  // Errors come with a turn of the event loop.
  if (i % 100 === 0) await setImmediate()
}
await say()
for await (const text of process.stdin) {
  await log.flush(60_000)
  log.write(`said ${String(text).trim()}\n`)
  await say()
}

async function say(): Promise<void> {
  await setImmediate()
  const lost = await log.flush(100)
  process.stderr.write(`${JSON.stringify({ lost, megabytes: process.memoryUsage().rss / 1024 ** 2 })}\n`)
}
