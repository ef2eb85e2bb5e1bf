import type { Logger } from 'pino'
import type { Db } from '../store/open-database.ts'
import { readWorkspaces } from '../store/read-workspaces.ts'
import { type LearnedFrom, rememberWorkspace } from '../store/remember-workspace.ts'

/** One configured workspace. Its id may have to be learned first, and is remembered in the database. */
export interface Workspace {
  /** The configuration entry's name. */
  readonly key: string
  /** Null until it is known. */
  readonly id: string | null
  readonly learnedFrom: LearnedFrom | null
}

export interface Workspaces {
  all(): readonly Workspace[]
  byKey(key: string): Workspace
  /**
   * Tells which workspace an entry turned out to be. What Seam says (`upstream`) stands above what the first verified
   * webhook said; a configured id is never changed. Returns the id that holds, which the caller compares with its own.
   */
  learn(key: string, id: string, from: LearnedFrom, name?: string | null): Promise<string>
}

const RANK: Record<LearnedFrom, number> = { webhook: 1, upstream: 2, configured: 3 }

/** Loads what is remembered, and notes the configured ids. */
export async function openWorkspaces(
  db: Db,
  entries: readonly { key: string; workspaceId: string | null }[],
  logger: Logger,
): Promise<Workspaces> {
  const known = new Map<string, Workspace>(
    entries.map(({ key }) => [key, { key, id: null, learnedFrom: null }]),
  )
  for (const { configKey, workspaceId, learnedFrom } of await readWorkspaces(db)) {
    // A configured id that is no longer configured counts as a hint only: Seam may say otherwise.
    const rank = learnedFrom === 'configured' ? 'webhook' : learnedFrom
    // An id that another entry is configured for is outdated here: two entries had theirs mixed up, say.
    const isTaken = entries.some((entry) => entry.workspaceId === workspaceId && entry.key !== configKey)
    if (known.has(configKey) && !isTaken)
      known.set(configKey, { key: configKey, id: workspaceId, learnedFrom: rank })
  }

  const byKey = (key: string): Workspace => {
    const workspace = known.get(key)
    if (workspace === undefined) throw new Error(`No workspace is configured under the name ${key}.`)
    return workspace
  }
  const learn: Workspaces['learn'] = async (key, id, from, name = null) => {
    const { id: before, learnedFrom } = byKey(key)
    const isHigher =
      learnedFrom === null || RANK[from] > RANK[learnedFrom] || (from === 'upstream' && learnedFrom === from)
    if (before !== null && (before === id || !isHigher)) {
      if (before === id && isHigher) known.set(key, { key, id, learnedFrom: from })
      return before
    }
    const taken = [...known.values()].find((other) => other.key !== key && other.id === id)
    if (taken) throw new Error(`The workspace entries ${taken.key} and ${key} are the same workspace, ${id}.`)
    await rememberWorkspace(db, { configKey: key, workspaceId: id, name, learnedFrom: from })
    known.set(key, { key, id, learnedFrom: from })
    if (before === null) logger.info({ workspace: key, workspaceId: id, from }, 'the workspace is known')
    else
      logger.warn(
        { workspace: key, workspaceId: id, before, from },
        'the workspace is another one than before',
      )
    return id
  }

  for (const { key, workspaceId } of entries) {
    if (workspaceId !== null) await learn(key, workspaceId, 'configured')
  }
  return { all: () => [...known.values()], byKey, learn }
}
