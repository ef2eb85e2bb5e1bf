import type { LearnedFrom } from '../store/workspaces/save-workspace.ts'

/** One configured workspace. Its id may have to be learned first; the database remembers it. */
export interface Workspace {
  /** The configuration entry's name. */
  readonly key: string
  /** Null until it is known. */
  readonly id: string | null
  readonly learnedFrom: LearnedFrom | null
}

/** The statement that an entry is the workspace `id`, and who made it. */
export interface WorkspaceClaim {
  id: string
  from: LearnedFrom
}

export type ClaimDecision =
  /** The entry keeps the id that it has, and nothing is stored. */
  | { kind: 'keep'; id: string }
  /** The id is the known one. It is stored again with the new source, so that after a restart it does not count as a mere hint. */
  | { kind: 'confirm' }
  /** The entry gets the claimed id. The entry `loser` loses it, because only a webhook had claimed it there. */
  | { kind: 'accept'; before: string | null; loser: string | null }
  /** The entry `owner` is that workspace already, so the claim is an error in the configuration. */
  | { kind: 'taken'; owner: string }

/** A configured id outranks Seam's word, and Seam's word outranks a webhook's. */
const RANK: Record<LearnedFrom, number> = { webhook: 1, upstream: 2, configured: 3 }

/**
 * Decides what becomes of a claim about the entry `known`. A claim changes the entry's id when its source ranks higher than the source of
 * the known id. Between equals the first wins, except that Seam may correct itself.
 */
export function decideClaim(
  { id: before, learnedFrom }: Workspace,
  others: readonly Workspace[],
  { id, from }: WorkspaceClaim,
): ClaimDecision {
  const isStronger =
    learnedFrom === null || RANK[from] > RANK[learnedFrom] || (from === 'upstream' && learnedFrom === from)
  if (before === id) return isStronger ? { kind: 'confirm' } : { kind: 'keep', id: before }
  if (before !== null && !isStronger) return { kind: 'keep', id: before }
  const holder = others.find((other) => other.id === id)
  if (holder === undefined) return { kind: 'accept', before, loser: null }
  const isHintOnly = holder.learnedFrom === 'webhook' && RANK[from] > RANK.webhook
  return isHintOnly ? { kind: 'accept', before, loser: holder.key } : { kind: 'taken', owner: holder.key }
}
