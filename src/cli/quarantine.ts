import { Command } from 'commander'
import type { Context } from './context.ts'
import { quarantineDiscardCommand } from './quarantine-discard.ts'
import { quarantineListCommand } from './quarantine-list.ts'
import { quarantineRetryCommand } from './quarantine-retry.ts'
import { quarantineShowCommand } from './quarantine-show.ts'

/** `seam-mirror quarantine`: what arrived and could not be used (I11). */
export function quarantineCommand(context: Context): Command {
  return new Command('quarantine')
    .description('what arrived and could not be used: list, show, retry and discard it')
    .addCommand(quarantineListCommand(context))
    .addCommand(quarantineShowCommand(context))
    .addCommand(quarantineRetryCommand(context))
    .addCommand(quarantineDiscardCommand(context))
}
