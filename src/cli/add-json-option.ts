import type { Command } from 'commander'

/** Adds `--json`, spelt and explained the same way in every command that answers. */
export function addJsonOption(command: Command): Command {
  return command.option('--json', 'answer with one JSON document, its keys in snake_case', false)
}
