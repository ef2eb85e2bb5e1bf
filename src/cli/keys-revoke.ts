import { Command } from 'commander'
import { endApiKey } from '../store/keys/end-api-key.ts'
import { addJsonOption } from './add-json-option.ts'
import type { Context } from './context.ts'
import { keyIdOf, unknownKey } from './key-id-of.ts'

export function keysRevokeCommand({ useDatabase, answer, say }: Context): Command {
  return addJsonOption(new Command('revoke'))
    .argument('<key-id>')
    .description('end a key now')
    .action(async (text: string, { json }: { json: boolean }) => {
      const keyId = keyIdOf(text)
      if (!(await useDatabase((db) => endApiKey(db, keyId, 'revoke', null)))) throw unknownKey(keyId)
      answer({ isJson: json, document: { keyId, state: 'revoked' }, lines: [] })
      say(`${keyId} is revoked.`)
    })
}
