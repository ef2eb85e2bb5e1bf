import path from 'node:path'
import { type Exit, runProgram } from '../support/run-program.ts'

const ENDLESS_IDLE = path.join(import.meta.dirname, '../support/endless-idle.js')

/**
 * `seam-mirror <args>` to its end. Idle connections live for an hour in it, so that it ends only if it closes them: a command that
 * forgets to is seen by any test that runs it (A2).
 */
export function runCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Exit> {
  return runProgram('bin/seam-mirror.js', args, {
    ...environment,
    NODE_OPTIONS: `--import=${ENDLESS_IDLE}`,
  })
}
