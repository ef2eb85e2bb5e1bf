import { Command } from 'commander'
import { issueKey } from '../access/issue-key.ts'
import { addJsonOption } from './add-json-option.ts'
import type { Context } from './context.ts'

const DEFAULT_SCOPES = 'events:read,client_sessions:read'

interface CreateFlags {
  name: string
  workspace?: string[]
  force: boolean
  accessToken: boolean
  scopes: string
  expires?: string
  json: boolean
}

export function keysCreateCommand({ useDatabase, answer, say }: Context): Command {
  return addJsonOption(new Command('create'))
    .description('make a key and show it once')
    .requiredOption('--name <name>', 'what the key is for')
    .option('--workspace <ids...>', 'the workspace that it is for; an access token may have several')
    .option('--force', 'allow a workspace that is not known here', false)
    .option('--access-token', 'make an access token, which is sent with the seam-workspace header', false)
    .option(
      '--scopes <list>',
      'comma-separated: events:read, client_sessions:read, secrets:read, admin',
      DEFAULT_SCOPES,
    )
    .option('--expires <when>', 'when it ends: an instant (RFC 3339) or a duration such as 90d')
    .action(async (flags: CreateFlags) => {
      const issued = await useDatabase((db) =>
        issueKey(db, {
          kind: flags.accessToken ? 'access_token' : 'api_key',
          name: flags.name,
          workspaceIds: flags.workspace ?? [],
          mayBeUnknown: flags.force,
          scopes: flags.scopes.split(',').map((scope) => scope.trim()),
          expires: flags.expires ?? null,
          now: new Date(),
        }),
      )
      answer({
        isJson: flags.json,
        document: { ...issued, expiresAt: issued.expiresAt?.toISOString() ?? null },
        lines: [issued.key],
      })
      say('The key is shown once: only its hash is kept.')
    })
}
