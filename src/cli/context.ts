import type { Config } from '../config/config.ts'
import type { Db } from '../store/database.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** How a command ends. Whatever is wrong with its arguments, the database or Seam is `failed`. */
export const EXIT = {
  done: 0,
  failed: 1,
  /** It is done, and what it looked for is so: events were missing, coverage is too old. */
  found: 2,
} as const

/** What the commands are given, but for `serve`. */
export interface Context {
  environment: Environment
  /** Runs something on the database that the service uses, with that service's configuration (use-database.ts). */
  useDatabase: <Result>(work: (db: Db, config: Config) => Promise<Result>) => Promise<Result>
  /** The answer, and nothing but it, goes to stdout: for a person in lines, for `--json` as one document in snake case. */
  answer: (answer: { isJson: boolean; document: object; lines: readonly string[] }) => void
  /** What else a person should know goes to stderr. */
  say: (line: string) => void
  /** The exit code, where it is a part of the answer. */
  end: (code: number) => void
}
