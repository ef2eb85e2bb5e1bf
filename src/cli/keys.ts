import { Command } from 'commander'
import type { Context } from './context.ts'
import { keysCreateCommand } from './keys-create.ts'
import { keysExpireCommand } from './keys-expire.ts'
import { keysListCommand } from './keys-list.ts'
import { keysRevokeCommand } from './keys-revoke.ts'

export function keysCommand(context: Context): Command {
  return new Command('keys')
    .description('create, list, expire and revoke keys of the read API')
    .addCommand(keysCreateCommand(context))
    .addCommand(keysListCommand(context))
    .addCommand(keysRevokeCommand(context))
    .addCommand(keysExpireCommand(context))
}
