import { Command } from 'commander'
import { type QuarantineListing, listQuarantined } from '../store/quarantine/list-quarantined.ts'
import { addJsonOption } from './add-json-option.ts'
import type { Context } from './context.ts'
import { type FilterFlags, filterOf, times } from './quarantine-flags.ts'

const DEFAULT_LIMIT = '50'

interface ListFlags extends FilterFlags {
  limit: string
  json: boolean
}

export function quarantineListCommand({ useDatabase, answer, say }: Context): Command {
  return addJsonOption(new Command('list'))
    .description('list the items that were seen last, newest first')
    .option('--workspace <id>', 'only items of this workspace')
    .option('--reason <reason>', 'only items with this reason, such as bad_created_at')
    .option('--limit <count>', 'how many at most', DEFAULT_LIMIT)
    .action(async (flags: ListFlags) => {
      const filter = filterOf(flags)
      const limit = limitOf(flags.limit)
      const { items, total } = await useDatabase((db) => listQuarantined(db, filter, limit))
      answer({ isJson: flags.json, document: { items, total }, lines: items.flatMap(describe) })
      if (items.length < total) say(`These are ${items.length} of ${total}; --limit shows more.`)
      if (items.length > 0) return
      const isFiltered = filter.workspaceId !== null || filter.reason !== null
      say(isFiltered ? 'No such item is in quarantine.' : 'The quarantine is empty.')
    })
}

function limitOf(text: string): number {
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (limit === 0) throw new Error(`--limit must be a number from 1 to 999999, not ${text}.`)
  return limit
}

function describe(item: QuarantineListing): string[] {
  return [
    `${item.id}  ${item.reason}  by ${item.path}  seen ${times(item.timesSeen)}`,
    `    ${item.detail}`,
    `    workspace ${item.workspaceId}; first seen ${item.firstSeenAt}; last seen ${item.lastSeenAt}`,
  ]
}
