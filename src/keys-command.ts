import { Command } from 'commander'
import { expiryOf, issueKey } from './access/issue-key.ts'
import { endApiKey, listApiKeys } from './store/api-keys.ts'
import type { Db } from './store/open-database.ts'

/** Runs something on the configured database. */
export type WithDatabase = <Result>(work: (db: Db) => Promise<Result>) => Promise<Result>

const DEFAULT_SCOPES = 'events:read,client_sessions:read'

/** `seam-mirror keys`: create, list, expire and revoke the keys of the read API. */
export function keysCommand(withDatabase: WithDatabase, say: (line: string) => void): Command {
  const keys = new Command('keys').description('create, list, expire and revoke keys of the read API')
  keys
    .command('create')
    .description('make a key and show it once')
    .requiredOption('--name <name>', 'what it is for')
    .option('--workspace <ids...>', 'workspace it is for; several for an access token')
    .option('--access-token', 'an access token, which must come with the seam-workspace header', false)
    .option(
      '--scopes <list>',
      'comma-separated: events:read, client_sessions:read, secrets:read, admin',
      DEFAULT_SCOPES,
    )
    .option('--expires <when>', 'an instant (RFC 3339) or a duration such as 90d')
    .action(async (options: CreateOptions) => {
      const created = await withDatabase((db) =>
        issueKey(db, {
          kind: options.accessToken ? 'access_token' : 'api_key',
          name: options.name,
          workspaceIds: options.workspace ?? [],
          scopes: options.scopes.split(',').map((scope) => scope.trim()),
          expires: options.expires ?? null,
          now: new Date(),
        }),
      )
      say(created.key)
      say('This is shown once: only its hash is kept.')
    })
  keys
    .command('list')
    .description('all keys, without their secret part')
    .option('--json', 'as JSON', false)
    .action(async ({ json }: { json: boolean }) => {
      const all = await withDatabase(listApiKeys)
      if (json) say(JSON.stringify(all, null, 2))
      else if (all.length === 0) say('There are no keys.')
      else {
        for (const key of all) {
          say(`${key.keyId}  ${key.state.padEnd(7)}  ${key.name}`)
          say(
            `    ${key.kind.replace('_', ' ')} for ${key.workspaceIds.join(', ')}; ${key.scopes.join(', ')}`,
          )
          say(
            `    created ${key.createdAt}; last used ${key.lastUsedAt ?? 'never'}; expires ${key.expiresAt ?? 'never'}`,
          )
        }
      }
    })
  keys
    .command('revoke <key-id>')
    .description('end a key now')
    .action(async (keyId: string) => {
      if (!(await withDatabase((db) => endApiKey(db, keyIdOf(keyId), 'revoke', null))))
        throw unknownKey(keyId)
      say('Revoked.')
    })
  keys
    .command('expire <key-id> <when>')
    .description('let a key end at an instant (RFC 3339) or after a duration such as 7d')
    .action(async (keyId: string, when: string) => {
      const at = expiryOf(when, new Date())
      if (!(await withDatabase((db) => endApiKey(db, keyIdOf(keyId), 'expire', at)))) throw unknownKey(keyId)
      say(`It expires at ${at.toISOString()}.`)
    })
  return keys
}

interface CreateOptions {
  name: string
  workspace?: string[]
  accessToken: boolean
  scopes: string
  expires?: string
}

/** Whoever pastes a whole key means the one it names. */
function keyIdOf(text: string): string {
  const parts = text.split('_')
  return parts.length > 2 ? parts.slice(0, 2).join('_') : text
}

function unknownKey(keyId: string): Error {
  return new Error(`There is no key ${keyIdOf(keyId)}; see seam-mirror keys list.`)
}
