import type { Logger } from 'pino'
import type { Db } from '../store/database.ts'
import { readWorkspaces } from '../store/workspaces/read-workspaces.ts'
import { type LearnedFrom, rememberWorkspace } from '../store/workspaces/remember-workspace.ts'

/** One configured workspace. Its id may have to be learned first; the database remembers it. */
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
   * Records which workspace an entry turned out to be. Seam's word (`upstream`) outranks that of the first verified
   * webhook; a configured id never changes. Returns the id that holds, for the caller to compare with its own. Throws
   * WorkspaceTakenError when another entry is that workspace.
   */
  learn(key: string, id: string, from: LearnedFrom, name?: string | null): Promise<string>
}

/** Two entries turned out to be the same workspace. */
export class WorkspaceTakenError extends Error {
  override readonly name = 'WorkspaceTakenError'

  constructor(owner: string, key: string, id: string) {
    super(
      `The workspace entries ${owner} and ${key} are the same workspace, ${id}. ${owner} keeps it; correct or remove ${key}.`,
    )
  }
}

const RANK: Record<LearnedFrom, number> = { webhook: 1, upstream: 2, configured: 3 }

/** Loads the remembered ids and records the configured ones. */
export async function openWorkspaces(
  db: Db,
  entries: readonly { key: string; workspaceId: string | null }[],
  logger: Logger,
): Promise<Workspaces> {
  const known = new Map<string, Workspace>(
    entries.map(({ key }) => [key, { key, id: null, learnedFrom: null }]),
  )
  for (const { configKey, workspaceId, learnedFrom } of await readWorkspaces(db)) {
    // An id that was configured once and no longer is counts only as a hint: Seam may say otherwise.
    const rank = learnedFrom === 'configured' ? 'webhook' : learnedFrom
    // When another entry is configured with this id, the remembered one is outdated: two entries may have been swapped, say.
    const isTaken = entries.some((entry) => entry.workspaceId === workspaceId && entry.key !== configKey)
    if (known.has(configKey) && !isTaken)
      known.set(configKey, { key: configKey, id: workspaceId, learnedFrom: rank })
  }

  const byKey = (key: string): Workspace => {
    const workspace = known.get(key)
    if (workspace === undefined) throw new Error(`No workspace is configured under the name ${key}.`)
    return workspace
  }
  const learnNow = async (
    key: string,
    id: string,
    from: LearnedFrom,
    name: string | null,
  ): Promise<string> => {
    const { id: before, learnedFrom } = byKey(key)
    const isHigher =
      learnedFrom === null || RANK[from] > RANK[learnedFrom] || (from === 'upstream' && learnedFrom === from)
    if (before !== null && (before === id || !isHigher)) {
      if (before === id && isHigher) {
        // Stored as well, so that after a restart it does not count as a mere claim again.
        await rememberWorkspace(db, { configKey: key, workspaceId: id, name, learnedFrom: from })
        known.set(key, { key, id, learnedFrom: from })
      }
      return before
    }
    const taken = [...known.values()].find((other) => other.key !== key && other.id === id)
    // Seam's word stands against a webhook's claim: the claimer is the one that is wrong.
    const isClaimOnly = taken?.learnedFrom === 'webhook' && RANK[from] > RANK.webhook
    if (taken && !isClaimOnly) throw new WorkspaceTakenError(taken.key, key, id)
    await rememberWorkspace(db, { configKey: key, workspaceId: id, name, learnedFrom: from })
    if (taken) {
      known.set(taken.key, { key: taken.key, id: null, learnedFrom: null })
      logger.warn(
        { workspace: taken.key, workspaceId: id, owner: key, from },
        "a webhook claimed another entry's workspace",
      )
    }
    known.set(key, { key, id, learnedFrom: from })
    if (before === null) logger.info({ workspace: key, workspaceId: id, from }, 'the workspace is known')
    else logger.warn({ workspace: key, workspaceId: id, before, from }, 'the workspace has changed')
    return id
  }
  // One call at a time, because the database is awaited between the check whether an id is taken and the recording of it.
  let last: Promise<unknown> = Promise.resolve()
  const learn: Workspaces['learn'] = (key, id, from, name = null) => {
    const learnt = last.then(() => learnNow(key, id, from, name))
    last = learnt.catch(() => {})
    return learnt
  }

  for (const { key, workspaceId } of entries) {
    if (workspaceId !== null) await learn(key, workspaceId, 'configured')
  }
  return { all: () => [...known.values()], byKey, learn }
}
