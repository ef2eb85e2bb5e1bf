/** Why a delivery was refused before it could be stored. */
export type RefusalReason =
  /** No signature, or nothing that could be one. */
  | 'no_signature'
  /** Signed, but with none of the secrets, or not over these bytes. */
  | 'wrong_signature'
  /** Signed longer ago than the tolerance, by this machine's clock; one of the two clocks may be wrong. */
  | 'too_old'
  | 'too_new'
  | 'too_large'
  /** No webhook secret is configured (for the workspace in the path). */
  | 'no_endpoint'

/** Deliveries that were refused for one reason within some period. */
export interface RefusedDeliveries {
  reason: RefusalReason
  deliveries: number
  /** The largest difference of the sender's clock, negative when it was ahead. Null for reasons that have nothing to do with clocks. */
  worstSkewSeconds: number | null
  /** RFC 3339, UTC. */
  lastAt: string
}

/** Adds up two lists of counts, reason by reason. */
export function addRefused(
  some: readonly RefusedDeliveries[],
  others: readonly RefusedDeliveries[],
): RefusedDeliveries[] {
  const byReason = new Map(some.map((each) => [each.reason, each]))
  for (const other of others) {
    const one = byReason.get(other.reason)
    byReason.set(other.reason, one === undefined ? other : sumOf(one, other))
  }
  return [...byReason.values()].toSorted((a, b) => b.deliveries - a.deliveries)
}

function sumOf(one: RefusedDeliveries, other: RefusedDeliveries): RefusedDeliveries {
  return {
    reason: one.reason,
    deliveries: one.deliveries + other.deliveries,
    worstSkewSeconds: worse(one.worstSkewSeconds, other.worstSkewSeconds),
    lastAt: one.lastAt > other.lastAt ? one.lastAt : other.lastAt,
  }
}

function worse(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other
  return Math.abs(one) >= Math.abs(other) ? one : other
}
