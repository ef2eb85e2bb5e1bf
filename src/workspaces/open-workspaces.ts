import type { Logger } from 'pino'
import type { Db } from '../store/database.ts'
import { listWorkspaces } from '../store/workspaces/list-workspaces.ts'
import { type LearnedFrom, saveWorkspace } from '../store/workspaces/save-workspace.ts'
import { type Workspace, type WorkspaceClaim, decideClaim } from './decide-claim.ts'

/** An entry of the configuration: its name, and the workspace's id if the configuration gives it. */
interface ConfiguredWorkspace {
  key: string
  workspaceId: string | null
}

export interface Workspaces {
  all(): readonly Workspace[]
  byKey(key: string): Workspace
  /**
   * Records which workspace an entry turned out to be (see decideClaim). Returns the id that the entry has afterwards, so that the caller
   * can compare it with the one it gave. Throws WorkspaceTakenError when another entry is that workspace.
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

/** Loads the remembered ids and records the configured ones. */
export async function openWorkspaces(
  db: Db,
  entries: readonly ConfiguredWorkspace[],
  logger: Logger,
): Promise<Workspaces> {
  const known = rememberedWorkspaces(entries, await listWorkspaces(db))
  const byKey = (key: string): Workspace => {
    const workspace = known.get(key)
    if (workspace === undefined) throw new Error(`No workspace is configured under the name ${key}.`)
    return workspace
  }
  const learnNow = async (key: string, claim: WorkspaceClaim, name: string | null): Promise<string> => {
    const { id, from } = claim
    const others = [...known.values()].filter((each) => each.key !== key)
    const decision = decideClaim(byKey(key), others, claim)
    if (decision.kind === 'keep') return decision.id
    if (decision.kind === 'taken') throw new WorkspaceTakenError(decision.owner, key, id)
    await saveWorkspace(db, { configKey: key, workspaceId: id, name, learnedFrom: from })
    known.set(key, { key, id, learnedFrom: from })
    if (decision.kind === 'confirm') return id
    const { before, loser } = decision
    if (loser !== null) {
      known.set(loser, { key: loser, id: null, learnedFrom: null })
      logger.warn(
        { workspace: loser, workspaceId: id, owner: key, from },
        "a webhook claimed another entry's workspace",
      )
    }
    if (before === null) logger.info({ workspace: key, workspaceId: id, from }, 'the workspace is known')
    else logger.warn({ workspace: key, workspaceId: id, before, from }, 'the workspace has changed')
    return id
  }
  // One call at a time, because the database is awaited between the decision about a claim and the recording of it.
  let last: Promise<unknown> = Promise.resolve()
  const learn: Workspaces['learn'] = (key, id, from, name = null) => {
    const learnt = last.then(() => learnNow(key, { id, from }, name))
    last = learnt.catch(() => {})
    return learnt
  }

  for (const { key, workspaceId } of entries) {
    if (workspaceId !== null) await learn(key, workspaceId, 'configured')
  }
  return { all: () => [...known.values()], byKey, learn }
}

/** All entries by their names, with the ids that the database remembers for them. */
function rememberedWorkspaces(
  entries: readonly ConfiguredWorkspace[],
  remembered: Awaited<ReturnType<typeof listWorkspaces>>,
): Map<string, Workspace> {
  const known = new Map<string, Workspace>(
    entries.map(({ key }) => [key, { key, id: null, learnedFrom: null }]),
  )
  for (const { configKey: key, workspaceId: id, learnedFrom } of remembered) {
    // When another entry is configured with this id, the remembered one is outdated. Two entries may have been swapped, for example.
    const isOutdated = entries.some((entry) => entry.workspaceId === id && entry.key !== key)
    if (!known.has(key) || isOutdated) continue
    // An id that was configured once and no longer is counts only as a hint: Seam may say otherwise.
    known.set(key, { key, id, learnedFrom: learnedFrom === 'configured' ? 'webhook' : learnedFrom })
  }
  return known
}
