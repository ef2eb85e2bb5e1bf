import { Command } from 'commander'
import { openSecrets } from '../app/open-secrets.ts'
import { bodyText } from '../quarantine/body-text.ts'
import { getQuarantined } from '../store/quarantine/get-quarantined.ts'
import { addJsonOption } from './add-json-option.ts'
import type { Context } from './context.ts'
import { itemIdsOf, times, unknownItems } from './quarantine-flags.ts'

export function quarantineShowCommand({ useDatabase, answer }: Context): Command {
  return addJsonOption(new Command('show'))
    .argument('<id>')
    .description('show everything about one item, its PINs masked')
    .option('--secrets', 'show its PINs as well', false)
    .action(async (text: string, { secrets: withSecrets, json }: { secrets: boolean; json: boolean }) => {
      const [id = ''] = itemIdsOf([text])
      const { item, opened } = await useDatabase(async (db, config) => {
        const found = await getQuarantined(db, id)
        if (found === null) throw unknownItems([id])
        return {
          item: found,
          opened: bodyText(found, await openSecrets(config, { mayMakeKey: false }), withSecrets),
        }
      })
      const { body: _sealed, ...about } = item
      answer({
        isJson: json,
        document: { ...about, notes: opened.notes, body: opened.text },
        lines: [
          `id: ${item.id}`,
          `workspace: ${item.workspaceId}`,
          `path: ${item.path}`,
          `reason: ${item.reason}`,
          `detail: ${item.detail}`,
          `seen: ${times(item.timesSeen)}, first ${item.firstSeenAt}, last ${item.lastSeenAt}`,
          `body: ${[item.isSealed ? 'sealed' : 'in the clear', ...opened.notes].join('. ')}`,
          ...(opened.text === null ? [] : [`\n${opened.text}`]),
        ],
      })
    })
}
