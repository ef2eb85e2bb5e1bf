/** What the readers of `faults/readers.ts` get: the addresses and the key. */
export interface ReaderTask {
  kind: ReaderKind
  /** The addresses of the replicas. */
  urls: readonly string[]
  /** A valid key of a caller that is not the laboratory itself. */
  key: string
}

export type ReaderKind = keyof typeof LOOPS | keyof typeof SOCKETS

/** Requests that are repeated as soon as they are answered. */
export const LOOPS = {
  readyz: { threatens: 'E3, I12', connections: 400 },
  'costly-queries': { threatens: 'E4, I12', connections: 30 },
  'long-numbers': { threatens: 'E2, I12', connections: 3 },
  'random-keys': { threatens: 'E5, I12', connections: 600 },
  preflights: { threatens: 'C1, I12', connections: 50 },
} as const

/** Connections on which a client sends something once and is slow or silent afterwards. */
export const SOCKETS = {
  'pipelined-lists': { threatens: 'E6, I12', connections: 12 },
  slow: { threatens: 'I12', connections: 100 },
  idle: { threatens: 'E14, I12', connections: 1500 },
  'unfinished-deliveries': { threatens: 'E14, I12', connections: 400 },
} as const
