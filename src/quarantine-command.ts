import { Command } from 'commander'
import type { Config } from './config/config.ts'
import { isUuid } from './domain/uuid.ts'
import { openKeyring } from './open-keyring.ts'
import { allIds } from './quarantine/all-ids.ts'
import { bodyText } from './quarantine/body-text.ts'
import { discardItems } from './quarantine/discard-items.ts'
import { type RetryOutcome, retryItem } from './quarantine/retry-item.ts'
import { runWithDatabase } from './run-with-database.ts'
import { getQuarantined } from './store/get-quarantined.ts'
import { type QuarantineFilter, type QuarantineListing, listQuarantined } from './store/list-quarantined.ts'
import type { Db } from './store/open-database.ts'
import { readWorkspaces } from './store/read-workspaces.ts'

const DEFAULT_LIMIT = '50'

type Say = (line: string) => void

/** `seam-mirror quarantine`: what arrived and could not be used (I11): list, show, retry and discard it. */
export function quarantineCommand(readConfig: () => Config, say: Say): Command {
  const withDatabase = <Result>(work: (db: Db) => Promise<Result>) => runWithDatabase(readConfig(), work)
  // A keyring that is missing is told about where it matters: at the item that it would open.
  const withKeyring = () => openKeyring(readConfig())

  const quarantine = new Command('quarantine').description(
    'what arrived and could not be used: list, show, retry and discard it',
  )
  quarantine
    .command('list')
    .description('the items that were seen last, newest first')
    .option('--workspace <id>', 'only of this workspace')
    .option('--reason <reason>', 'only with this reason, such as bad_created_at')
    .option('--limit <count>', 'how many at most', DEFAULT_LIMIT)
    .option('--json', 'as JSON', false)
    .action(async (options: ListOptions) => {
      const filter = filterOf(options)
      const limit = limitOf(options.limit)
      const { items, total } = await withDatabase((db) => listQuarantined(db, filter, limit))
      if (options.json) say(JSON.stringify(items, null, 2))
      else sayList(items, total, filter, say)
    })
  quarantine
    .command('show <id>')
    .description('everything about one item, its PINs masked')
    .option('--secrets', 'with its PINs', false)
    .action(async (id: string, { secrets }: { secrets: boolean }) => {
      const [wanted = ''] = idsOf([id])
      const item = await withDatabase((db) => getQuarantined(db, wanted))
      if (item === null) throw unknownItems([wanted])
      const { text, notes } = bodyText(item, await withKeyring(), secrets)
      sayItem(item, say)
      say(`body: ${item.isSealed ? 'sealed' : 'in the clear'}${notes.map((note) => `. ${note}`).join('')}`)
      if (text !== null) say(`\n${text}`)
    })
  quarantine
    .command('retry [ids...]')
    .description('parse items again and store what is usable now, as if it had just arrived')
    .option('--all', 'every item, or every one that --reason and --workspace name', false)
    .option('--reason <reason>', 'with --all: only with this reason')
    .option('--workspace <id>', 'with --all: only of this workspace')
    .option(
      '--as <id>',
      "store another workspace's events for this workspace if they name it; look at them first: anybody with a secret or key of the workspace that they came to can have made them",
    )
    .action(async (ids: string[], options: RetryOptions) => {
      const filter = checkedRetry(ids, options)
      const as = options.as === undefined ? null : workspaceIdOf(options.as)
      const keyring = await withKeyring()
      const tally = { stored: 0, stays: 0, unknown: [] as string[] }
      await withDatabase(async (db) => {
        if (as !== null) await requireKnownWorkspace(db, as)
        for await (const id of filter === null ? idsOf(ids) : allIds(db, filter)) {
          const outcome = await retryOne(() => retryItem(db, keyring, id, as), id)
          // An item of --all that is gone was taken by somebody else.
          if (outcome.kind === 'unknown' && filter === null) tally.unknown.push(id)
          if (outcome.kind === 'stored') tally.stored += 1
          if (outcome.kind === 'stays') tally.stays += 1
          sayOutcome(id, outcome, say)
        }
      })
      say(`${tally.stored} stored, ${tally.stays} still in quarantine.`)
      if (tally.unknown.length > 0) throw unknownItems(tally.unknown)
      if (tally.stays > 0)
        throw new Error(`${countOf(tally.stays)} could not be used and stayed in quarantine.`)
    })
  quarantine
    .command('discard <ids...>')
    .description('remove items for good')
    .option('--yes', 'really', false)
    .action(async (ids: string[], { yes }: { yes: boolean }) => {
      const wanted = idsOf(ids)
      if (!yes)
        throw new Error(
          `This removes ${countOf(wanted.length)} for good; add --yes to do it. Nothing was discarded.`,
        )
      const outcome = await withDatabase((db) => discardItems(db, wanted))
      if (outcome.kind === 'unknown') throw unknownItems(outcome.ids, ' Nothing was discarded.')
      say(`${countOf(outcome.count)} discarded.`)
    })
  return quarantine
}

interface FilterOptions {
  workspace?: string
  reason?: string
}

interface ListOptions extends FilterOptions {
  limit: string
  json: boolean
}

interface RetryOptions extends FilterOptions {
  all: boolean
  as?: string
}

/** The filter for --all; null when items are named. */
function checkedRetry(ids: readonly string[], options: RetryOptions): QuarantineFilter | null {
  if (options.all && ids.length > 0) throw new Error('Name items or say --all, not both.')
  if (!options.all && ids.length === 0) throw new Error('Name the items to retry, or say --all.')
  if (!options.all && (options.reason !== undefined || options.workspace !== undefined))
    throw new Error('--reason and --workspace choose among --all; they do not go with named items.')
  // Who says whose events they are must also say whose word is taken for it (see parseAgain).
  if (options.all && options.as !== undefined && options.workspace === undefined)
    throw new Error('--as with --all needs --workspace: the workspace that the events came to.')
  return options.all ? filterOf(options) : null
}

function filterOf({ workspace, reason }: FilterOptions): QuarantineFilter {
  return {
    workspaceId: workspace === undefined ? null : workspaceIdOf(workspace),
    reason: reason ?? null,
  }
}

function workspaceIdOf(text: string): string {
  // Not a narrowing: a text that is no UUID is a text all the same.
  const isId: boolean = isUuid(text)
  if (!isId) throw new Error(`${text} is not the id of a workspace: that is a UUID.`)
  return text.toLowerCase()
}

function limitOf(text: string): number {
  const limit = /^\d{1,6}$/.test(text) ? Number(text) : 0
  if (limit === 0) throw new Error(`--limit must be a number from 1 to 999999, not ${text}.`)
  return limit
}

/** Each once. What can't be an id is an unknown one. */
function idsOf(texts: readonly string[]): string[] {
  const bad = texts.filter((text) => !/^\d{1,18}$/.test(text))
  if (bad.length > 0) throw unknownItems(bad)
  return [...new Set(texts.map((text) => BigInt(text).toString()))]
}

async function requireKnownWorkspace(db: Db, id: string): Promise<void> {
  const known = (await readWorkspaces(db)).map(({ workspaceId }) => workspaceId)
  if (!known.includes(id))
    throw new Error(`The workspace ${id} is not known here, so nothing is stored for it. Configure it first.`)
}

async function retryOne(retry: () => Promise<RetryOutcome>, id: string): Promise<RetryOutcome> {
  try {
    return await retry()
  } catch (error) {
    throw new Error(
      `Item ${id} could not be retried and is in quarantine as before. Those shown above are done; run it again for the rest.`,
      { cause: error },
    )
  }
}

function sayList(
  items: readonly QuarantineListing[],
  total: number,
  { workspaceId, reason }: QuarantineFilter,
  say: Say,
): void {
  if (items.length === 0) {
    const isFiltered = workspaceId !== null || reason !== null
    say(isFiltered ? 'No such item is in quarantine.' : 'The quarantine is empty.')
  }
  for (const item of items) {
    say(`${item.id}  ${item.reason}  by ${item.path}  seen ${times(item.timesSeen)}`)
    say(`    ${item.detail}`)
    say(`    workspace ${item.workspaceId}; first seen ${item.firstSeenAt}; last seen ${item.lastSeenAt}`)
  }
  if (items.length < total) say(`These are ${items.length} of ${total}; --limit shows more.`)
}

function sayItem(item: QuarantineListing, say: Say): void {
  say(`id: ${item.id}`)
  say(`workspace: ${item.workspaceId}`)
  say(`path: ${item.path}`)
  say(`reason: ${item.reason}`)
  say(`detail: ${item.detail}`)
  say(`seen: ${times(item.timesSeen)}, first ${item.firstSeenAt}, last ${item.lastSeenAt}`)
}

function sayOutcome(id: string, outcome: RetryOutcome, say: Say): void {
  switch (outcome.kind) {
    case 'stored':
      say(
        `${id}  stored: ${outcome.eventType} ${outcome.eventId}${outcome.isNew ? '' : ' (an event of this id was there before)'}`,
      )
      return
    case 'stays':
      say(`${id}  stays: ${outcome.reason}. ${outcome.detail}`)
      return
    case 'unknown':
      say(`${id}  is not in quarantine`)
  }
}

function unknownItems(ids: readonly string[], consequence = ''): Error {
  const what = ids.length === 1 ? `no item ${ids[0]}` : `no items ${ids.join(', ')}`
  return new Error(`There is ${what} in quarantine; see seam-mirror quarantine list.${consequence}`)
}

function countOf(count: number): string {
  return count === 1 ? '1 item' : `${count} items`
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}
