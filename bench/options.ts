import { parseArgs } from 'node:util'

export interface Options {
  /** Runs the same rows with smaller numbers, in a minute. */
  isQuick: boolean
  /** The names of the rows to run. Null: all. */
  only: string[] | null
  jsonFile: string
  /** The file for the plans of `/events/list`. */
  plansFile: string
  /** The folder for CPU profiles of the services (for Chrome's or VS Code's profile view). Null: none are made, which is faster. */
  profileDir: string | null
}

/** Reads the command line. Throws for an unknown option. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true },
      json: { type: 'string', default: 'bench-results.json' },
      plans: { type: 'string', default: 'bench-plans.md' },
      'cpu-prof': { type: 'string' },
    },
  })
  return {
    isQuick: values.quick,
    only: values.only?.flatMap((names) => names.split(',')) ?? null,
    jsonFile: values.json,
    plansFile: values.plans,
    profileDir: values['cpu-prof'] ?? null,
  }
}
