import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import type { Answer, Command } from '../load/commands.ts'
import type { LoadResult } from '../load/run-load.ts'

export interface LoadProcess {
  run(command: Command): Promise<LoadResult>
  stop(): Promise<void>
}

export function startLoadProcess(): LoadProcess {
  const child = fork(path.join(import.meta.dirname, '../load/load-process.ts'), { serialization: 'json' })
  const exited = once(child, 'exit')
  return {
    run: async (command) => {
      child.send(command)
      const ended = exited.then(() => Promise.reject(new Error('The load process has ended.')))
      const [answer] = (await Promise.race([once(child, 'message'), ended])) as [Answer]
      if (answer.kind === 'failed') throw new Error(`The load generator failed: ${answer.message}`)
      return answer.result
    },
    stop: async () => {
      child.kill('SIGKILL')
      await exited
    },
  }
}
