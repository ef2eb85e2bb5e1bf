import { ENDLESS_IDLE, type Exit, runProgram } from '../support/run-program.ts'

/** Runs `seam-mirror <args>` to its end. A command that leaves a connection open does not end (A2). */
export function runCommand(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<Exit> {
  return runProgram('bin/seam-mirror.js', args, { ...environment, ...ENDLESS_IDLE })
}
