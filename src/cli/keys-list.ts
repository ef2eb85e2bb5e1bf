import { Command } from 'commander'
import { type ApiKeyListing, listApiKeys } from '../store/keys/list-api-keys.ts'
import { addJsonOption } from './add-json-option.ts'
import type { Context } from './context.ts'

export function keysListCommand({ useDatabase, answer, say }: Context): Command {
  return addJsonOption(new Command('list'))
    .description('list all keys, without their secret part')
    .action(async ({ json }: { json: boolean }) => {
      const keys = await useDatabase(listApiKeys)
      answer({ isJson: json, document: { keys }, lines: keys.flatMap(describe) })
      if (keys.length === 0) say('There are no keys.')
    })
}

function describe(key: ApiKeyListing): string[] {
  return [
    `${key.keyId}  ${key.state.padEnd(7)}  ${key.name}`,
    `    ${key.kind.replace('_', ' ')} for ${key.workspaceIds.join(', ')}; ${key.scopes.join(', ')}`,
    `    created ${key.createdAt}; last used ${key.lastUsedAt ?? 'never'}; expires ${key.expiresAt ?? 'never'}`,
  ]
}
