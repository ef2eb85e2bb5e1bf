/** What the readers of `faults/readers.ts` are told: where, and with which key. */
export interface ReaderTask {
  kind: ReaderKind
  /** Of the replicas. */
  urls: readonly string[]
  /** A good key of another caller than the laboratory's own. */
  key: string
}

export type ReaderKind = keyof typeof LOOPS | keyof typeof SOCKETS

/** Requests that are made again and again, as soon as they are answered. */
export const LOOPS = {
  readyz: { threatens: 'E3, I12', connections: 400 },
  'costly-queries': { threatens: 'E4, I12', connections: 30 },
  'long-numbers': { threatens: 'E2, I12', connections: 3 },
  'random-keys': { threatens: 'E5, I12', connections: 600 },
  preflights: { threatens: 'C1, I12', connections: 50 },
} as const

/** Connections on which something is sent once, and whoever opened them is slow or silent from then on. */
export const SOCKETS = {
  'pipelined-lists': { threatens: 'E6, I12', connections: 12 },
  slow: { threatens: 'I12', connections: 100 },
  idle: { threatens: 'E14, I12', connections: 1500 },
  'unfinished-deliveries': { threatens: 'E14, I12', connections: 400 },
} as const
