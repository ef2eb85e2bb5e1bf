import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

/**
 * The connections to hang up on, because together more than `maxUnsentBytes` of answers wait for callers to read them: those
 * whose answers were begun first, until the rest is within the limit. A caller that reads has nothing waiting and is never among them.
 *
 * `running` holds the answers that are not sent yet, oldest first. What the kernel has taken over does not count.
 */
export function slowReaders(running: ReadonlyMap<ServerResponse, Socket>, maxUnsentBytes: number): Socket[] {
  const unsent = new Map([...running.values()].map((socket) => [socket, socket.writableLength]))
  let total = unsent.values().reduce((sum, bytes) => sum + bytes, 0)
  const slow: Socket[] = []
  for (const [socket, bytes] of unsent) {
    if (total <= maxUnsentBytes) break
    if (bytes === 0) continue
    slow.push(socket)
    total -= bytes
  }
  return slow
}
