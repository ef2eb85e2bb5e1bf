import type { Socket } from 'node:net'
import type { OpenConnection } from './open-connections.ts'

/**
 * The connections to hang up on when there is no room for a new one: `count` of those that wait for their caller, first of the address
 * that has the most of them, and there the one that has waited longest. A connection whose answer is being made is never among them.
 *
 * No limit for each address: behind a proxy all callers have one.
 */
export function crowdedOut(connections: readonly OpenConnection[], count: number): Socket[] {
  const byAddress = Map.groupBy(connections.filter(waitsForCaller), ({ address }) => address)
  const groups = [...byAddress.values()].map((group) => group.toSorted((a, b) => a.sinceMs - b.sinceMs))
  const out: Socket[] = []
  while (out.length < count) {
    const largest = groups.reduce((most, group) => (group.length > most.length ? group : most), [])
    const oldest = largest.shift()
    if (oldest === undefined) break
    out.push(oldest.socket)
  }
  return out
}

/** For a request, for the rest of its body, or until the answer is read. */
function waitsForCaller({ socket, answers: [answer] }: OpenConnection): boolean {
  return answer === undefined || !answer.req.complete || socket.writableLength > 0
}
