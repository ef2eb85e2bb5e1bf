import type { Answer, Command } from './commands.ts'
import { prepareDeliveries } from './prepare-deliveries.ts'
import { runInserts } from './run-inserts.ts'
import { type LoadResult, runLoad } from './run-load.ts'
import { runStatement } from './run-statement.ts'

/* The load generator. It is a process of its own, so that its garbage collection and the benchmark's bookkeeping do not disturb each other. */

process.on('message', (command: Command) => {
  run(command).then(
    (result) => answer({ kind: 'result', result }),
    (error: unknown) =>
      answer({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }),
  )
})

function answer(message: Answer): void {
  process.send?.(message)
}

async function run(command: Command): Promise<LoadResult> {
  switch (command.kind) {
    case 'webhooks': {
      const deliveries = prepareDeliveries(command.secret, command.count)
      return runLoad({ ...command, request: (i) => deliveries[i] as Buffer })
    }
    case 'requests': {
      const request = requestOf(command)
      return runLoad({ ...command, request: () => request, ratePerSecond: null })
    }
    case 'inserts':
      return runInserts(command.databaseUrl, command.count)
    case 'statement':
      return runStatement(command.databaseUrl, command, command)
  }
}

function requestOf({ url, path, key, body, encoding }: Command & { kind: 'requests' }): Buffer {
  const content =
    body === null ? '' : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n`
  return Buffer.from(
    `${body === null ? 'GET' : 'POST'} ${path} HTTP/1.1\r\nhost: ${new URL(url).host}\r\n` +
      `authorization: Bearer ${key}\r\n${encoding === undefined ? '' : `accept-encoding: ${encoding}\r\n`}` +
      `${content}\r\n${body ?? ''}`,
  )
}
