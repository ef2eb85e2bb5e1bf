import { Command } from 'commander'
import { expiryOf } from '../access/issue-key.ts'
import { endApiKey } from '../store/keys/end-api-key.ts'
import { addJsonOption } from './add-json-option.ts'
import type { Context } from './context.ts'
import { keyIdOf, unknownKey } from './key-id-of.ts'

export function keysExpireCommand({ useDatabase, answer, say }: Context): Command {
  return addJsonOption(new Command('expire'))
    .argument('<key-id>')
    .argument('<when>')
    .description('let a key end at an instant (RFC 3339) or after a duration such as 7d')
    .action(async (text: string, when: string, { json }: { json: boolean }) => {
      const keyId = keyIdOf(text)
      const at = expiryOf(when, new Date())
      if (!(await useDatabase((db) => endApiKey(db, keyId, 'expire', at)))) throw unknownKey(keyId)
      answer({ isJson: json, document: { keyId, expiresAt: at.toISOString() }, lines: [] })
      say(`${keyId} expires at ${at.toISOString()}.`)
    })
}
