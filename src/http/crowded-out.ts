import type { Socket } from 'node:net'
import type { OpenConnection } from './open-connections.ts'

/**
 * Chooses `count` connections to close when there is no room for a new one. It takes only connections that wait for their caller, first
 * from the address that has most of them, and there the one that has waited longest. A connection whose answer is being made is safe.
 *
 * There is no limit per address: behind a proxy all callers share one.
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

/** Whether it waits for a request, for the rest of a body, or for its answer to be read. */
function waitsForCaller({ socket, answers: [answer] }: OpenConnection): boolean {
  return answer === undefined || !answer.req.complete || socket.writableLength > 0
}
