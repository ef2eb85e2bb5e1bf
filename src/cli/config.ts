import { Command } from 'commander'
import { describeConfig } from '../config/describe-config.ts'
import { parseConfig } from '../config/parse-config.ts'
import { printConfig } from '../config/print-config.ts'
import { addJsonOption } from './add-json-option.ts'
import type { Context } from './context.ts'

export function configCommand({ environment, answer }: Context): Command {
  return addJsonOption(new Command('config'))
    .description('show the effective configuration, secrets masked')
    .action(({ json }: { json: boolean }) => {
      const description = describeConfig(parseConfig(environment), environment)
      answer({ isJson: json, document: description, lines: printConfig(description) })
    })
}
