import type { Socket } from 'node:net'
import type { OpenConnection } from './open-connections.ts'

/**
 * Chooses connections to close when more than `maxUnsentBytes` of answers wait for callers to read them: those whose answers were begun
 * first, until the rest is within the limit. A caller that keeps reading has nothing waiting and is never chosen.
 *
 * Bytes that the kernel has taken do not count. Each connection makes one answer at a time, so its socket holds all that waits.
 */
export function slowReaders(connections: readonly OpenConnection[], maxUnsentBytes: number): Socket[] {
  const unsent = connections.filter(({ socket, answers }) => answers.length > 0 && socket.writableLength > 0)
  let total = unsent.reduce((sum, { socket }) => sum + socket.writableLength, 0)
  if (total <= maxUnsentBytes) return []
  const slow: Socket[] = []
  for (const { socket } of unsent.toSorted((a, b) => a.sinceMs - b.sinceMs)) {
    if (total <= maxUnsentBytes) break
    slow.push(socket)
    total -= socket.writableLength
  }
  return slow
}
