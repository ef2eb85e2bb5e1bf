import { Command } from 'commander'
import packageJson from '../../package.json' with { type: 'json' }
import { auditCommand } from './audit.ts'
import { configCommand } from './config.ts'
import type { Context } from './context.ts'
import { exportCommand } from './export.ts'
import { keysCommand } from './keys.ts'
import { listenCommand } from './listen.ts'
import { migrateCommand } from './migrate.ts'
import { quarantineCommand } from './quarantine.ts'
import { serve } from './serve.ts'
import { statusCommand } from './status.ts'

const HELP = `
Everything is configured by environment variables: see the README, or run \`seam-mirror config\`.

Only serve and migrate start an embedded database and change the schema; every other command uses the database that is there.
The answer goes to stdout, and all else to stderr; with --json the answer is one JSON document, its keys in snake_case.
Exit code: 0 when it is done, 1 when it failed, 2 where a command's help says so.`

/** Builds all commands; each has a file of its own. */
export function createProgram(context: Context): Command {
  const program = new Command('seam-mirror')
    .description(packageJson.description)
    .version(packageJson.version)
    .addHelpText('after', HELP)
  program
    .command('serve')
    .description('run the service until SIGTERM or SIGINT')
    .action(() => serve(context.environment))
  for (const command of [
    migrateCommand,
    configCommand,
    statusCommand,
    listenCommand,
    auditCommand,
    exportCommand,
    keysCommand,
    quarantineCommand,
  ])
    program.addCommand(command(context))
  return program
}
