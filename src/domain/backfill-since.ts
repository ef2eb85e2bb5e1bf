import type { Micros } from './instant.ts'

/** How far back the copy must reach: a fixed instant, or a duration before now by Seam's clock. */
export type BackfillSince = { kind: 'instant'; at: Micros } | { kind: 'ago'; duration: Micros }
