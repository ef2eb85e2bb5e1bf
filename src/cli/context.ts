import type { Config } from '../config/config.ts'
import type { Db } from '../store/database.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** The exit codes of commands. Anything wrong with the arguments, the database or Seam is `failed`. */
export const EXIT = {
  done: 0,
  failed: 1,
  /** The command is done and found a problem: events were missing, or coverage is too old. */
  found: 2,
} as const

/** What commands other than `serve` are given. */
export interface Context {
  environment: Environment
  /** Runs something on the service's database, with the service's configuration (use-database.ts). */
  useDatabase: <Result>(work: (db: Db, config: Config) => Promise<Result>) => Promise<Result>
  /** Writes the answer, and nothing else, to stdout: lines for a person, or with `--json` one document in snake case. */
  answer: (answer: { isJson: boolean; document: object; lines: readonly string[] }) => void
  /** Tells a person anything else, on stderr. */
  say: (line: string) => void
  /** Sets the exit code, where it is part of the answer. */
  end: (code: number) => void
}
