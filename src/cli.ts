import { Command } from 'commander'
import packageJson from '../package.json' with { type: 'json' }
import { auditCommand } from './audit-command.ts'
import { ConfigError } from './config/config.ts'
import { describeConfig } from './config/describe-config.ts'
import { parseConfig } from './config/parse-config.ts'
import { keysCommand } from './keys-command.ts'
import { quarantineCommand } from './quarantine-command.ts'
import { runWithDatabase } from './run-with-database.ts'
import { serve } from './serve.ts'
import { statusCommand } from './status-command.ts'

const program = new Command('seam-mirror')
  .description(packageJson.description)
  .version(packageJson.version)
  .addHelpText(
    'after',
    '\nEverything is configured by environment variables: see the README, or run `seam-mirror config`.',
  )

program
  .command('serve')
  .description('run the service until SIGTERM or SIGINT')
  .action(() => serve(process.env))

program
  .command('migrate')
  .description('bring the database schema up to date and exit')
  .action(async () => {
    const applied = await runWithDatabase(parseConfig(process.env), async (_db, names) => names)
    console.log(applied.length === 0 ? 'The schema is current.' : `Applied: ${applied.join(', ')}`)
  })

program
  .command('config')
  .description('show the effective configuration, secrets masked')
  .action(() => {
    for (const line of describeConfig(parseConfig(process.env), process.env)) console.log(line)
  })

program.addCommand(
  statusCommand((work) => {
    const config = parseConfig(process.env)
    return runWithDatabase(config, (db) => work(db, config))
  }, console.log),
)
program.addCommand(auditCommand(() => parseConfig(process.env), console.log))
program.addCommand(keysCommand((work) => runWithDatabase(parseConfig(process.env), work), console.log))
program.addCommand(quarantineCommand(() => parseConfig(process.env), console.log))

try {
  await program.parseAsync()
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  if (!(error instanceof ConfigError) && error instanceof Error && error.cause instanceof Error) {
    console.error(`Cause: ${error.cause.message}`)
  }
  process.exitCode = 1
}
