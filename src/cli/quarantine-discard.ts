import { Command } from 'commander'
import { discardItems } from '../quarantine/discard-items.ts'
import { addJsonOption } from './add-json-option.ts'
import type { Context } from './context.ts'
import { countOf, itemIdsOf, unknownItems } from './quarantine-flags.ts'

export function quarantineDiscardCommand({ useDatabase, answer, say }: Context): Command {
  return addJsonOption(new Command('discard'))
    .argument('<ids...>')
    .description('remove items for good')
    .option('--yes', 'confirm that they are to be removed', false)
    .action(async (texts: string[], { yes, json }: { yes: boolean; json: boolean }) => {
      const ids = itemIdsOf(texts)
      if (!yes)
        throw new Error(
          `This removes ${countOf(ids.length)} for good; add --yes to do it. Nothing was discarded.`,
        )
      const outcome = await useDatabase((db) => discardItems(db, ids))
      if (outcome.kind === 'unknown') throw unknownItems(outcome.ids, ' Nothing was discarded.')
      answer({ isJson: json, document: { discarded: ids }, lines: [] })
      say(`${countOf(outcome.count)} discarded.`)
    })
}
