import { parseArgs } from 'node:util'

export interface Options {
  /** The same rows with smaller numbers, in a minute. */
  isQuick: boolean
  /** Names of the rows to run; null for all. */
  only: string[] | null
  jsonFile: string
  /** Where the plans of `/events/list` go. */
  plansFile: string
  /** Where CPU profiles of the services go (for Chrome's or VS Code's profile view); null: none are made, which is faster. */
  profileDir: string | null
}

/** Reads the command line; throws for an option it does not know. */
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
