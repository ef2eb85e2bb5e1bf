import { Command } from 'commander'
import { openSecrets } from '../app/open-secrets.ts'
import { eachQuarantinedId } from '../quarantine/each-quarantined-id.ts'
import { retryItem } from '../quarantine/retry-item.ts'
import type { RetryOutcome } from '../quarantine/retry-outcome.ts'
import type { QuarantineFilter } from '../store/quarantine/list-quarantined.ts'
import type { Db } from '../store/database.ts'
import { listWorkspaces } from '../store/workspaces/list-workspaces.ts'
import { addJsonOption } from './add-json-option.ts'
import type { Context } from './context.ts'
import {
  countOf,
  type FilterFlags,
  filterOf,
  itemIdsOf,
  unknownItems,
  workspaceIdOf,
} from './quarantine-flags.ts'

interface RetryFlags extends FilterFlags {
  all: boolean
  as?: string
  json: boolean
}

type Retried = { id: string } & RetryOutcome

interface Tally {
  stored: number
  superseded: number
  stays: number
  unknown: string[]
  /** Collected for --json. */
  items: Retried[]
}

export function quarantineRetryCommand({ useDatabase, answer, say }: Context): Command {
  return addJsonOption(new Command('retry'))
    .argument('[ids...]')
    .description('parse items again and store what is usable now, as if it had just arrived')
    .option('--all', 'every item, or those that --reason and --workspace select', false)
    .option('--reason <reason>', 'with --all: only items with this reason')
    .option('--workspace <id>', 'with --all: only items of this workspace')
    .option(
      '--as <id>',
      'store events for this workspace if they name it, although they came to another one; look at them first: anybody with a secret or key of that other one can have made them',
    )
    .action(async (ids: string[], flags: RetryFlags) => {
      const filter = checkedFilter(ids, flags)
      const as = flags.as === undefined ? null : workspaceIdOf(flags.as)
      const wanted = filter === null ? itemIdsOf(ids) : null
      const tally: Tally = { stored: 0, superseded: 0, stays: 0, unknown: [], items: [] }
      const take = (item: Retried) => {
        count(tally, item)
        if (flags.json) tally.items.push(item)
        // Printed at once, because there may be many.
        else answer({ isJson: false, document: item, lines: [describe(item)] })
      }
      try {
        await useDatabase(async (db, config) => {
          const secrets = await openSecrets(config, { mayMakeKey: false })
          if (as !== null) await requireKnownWorkspace(db, as)
          for await (const id of wanted ?? eachQuarantinedId(db, filter ?? filterOf({}))) {
            const outcome = await retryOne(() => retryItem(db, secrets, id, as), id)
            // With --all, an item that is gone was taken by somebody else.
            if (outcome.kind !== 'unknown' || wanted !== null) take({ id, ...outcome })
          }
        })
      } finally {
        // What was done before an error stays done, so it is reported.
        if (flags.json) answer({ isJson: true, document: tally, lines: [] })
      }
      const left = tally.superseded > 0 ? `, ${tally.superseded} left to the next sync` : ''
      say(`${tally.stored} stored${left}, ${tally.stays} still in quarantine.`)
      if (tally.unknown.length > 0) throw unknownItems(tally.unknown)
      if (tally.stays > 0)
        throw new Error(`${countOf(tally.stays)} could not be used and stayed in quarantine.`)
    })
}

function count(tally: Tally, item: Retried): void {
  if (item.kind === 'unknown') tally.unknown.push(item.id)
  else tally[item.kind] += 1
}

/** Returns the filter for --all; null when items are named. */
function checkedFilter(ids: readonly string[], flags: RetryFlags): QuarantineFilter | null {
  if (flags.all && ids.length > 0) throw new Error('Name items or say --all, not both.')
  if (!flags.all && ids.length === 0) throw new Error('Name the items to retry, or say --all.')
  if (!flags.all && (flags.reason !== undefined || flags.workspace !== undefined))
    throw new Error('--reason and --workspace need --all; they do not go with named items.')
  // --as accepts what the events say about their workspace, so the user must also say which workspace they came to (see parseAgain).
  if (flags.all && flags.as !== undefined && flags.workspace === undefined)
    throw new Error('--as with --all needs --workspace: the workspace that the events came to.')
  return flags.all ? filterOf(flags) : null
}

async function requireKnownWorkspace(db: Db, id: string): Promise<void> {
  const known = (await listWorkspaces(db)).map(({ workspaceId }) => workspaceId)
  if (!known.includes(id))
    throw new Error(`The workspace ${id} is not known here, so nothing is stored for it. Configure it first.`)
}

async function retryOne(retry: () => Promise<RetryOutcome>, id: string): Promise<RetryOutcome> {
  try {
    return await retry()
  } catch (error) {
    throw new Error(
      `Item ${id} could not be retried and is still in quarantine. The items shown are done; run the command again for the rest.`,
      { cause: error },
    )
  }
}

function describe(item: Retried): string {
  switch (item.kind) {
    case 'stored':
      return `${item.id}  stored: ${item.eventType} ${item.eventId}${item.isNew ? '' : ' (an event of this id was there before)'}`
    case 'superseded':
      return `${item.id}  a client session that is usable now: the next sync brings it, if Seam still lists it`
    case 'stays':
      return `${item.id}  stays: ${item.reason}. ${item.detail}`
    case 'unknown':
      return `${item.id}  is not in quarantine`
  }
}
