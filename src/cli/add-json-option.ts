import type { Command } from 'commander'

/** Every command that answers has it, spelt and explained the same way. */
export function addJsonOption(command: Command): Command {
  return command.option('--json', 'the answer as one JSON document, keys in snake_case', false)
}
