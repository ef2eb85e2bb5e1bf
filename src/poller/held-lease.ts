import type { Transaction } from 'kysely'
import { type Micros, microsFromMillis } from '../domain/instant.ts'
import { type Lease, fence } from '../store/coverage/leases.ts'
import type { Database } from '../store/schema.ts'

/** How long a lease lasts unless it is prolonged. Afterwards another poller may replace a holder that is gone or asleep. */
export const LEASE_SECONDS = 30

/** A lease that this process holds, and the database's clock, which every statement about the lease returns at no cost. */
export interface HeldLease {
  lease: Lease
  /** A lower bound of the database's clock: its last reading plus the time since then by the local monotonic clock. */
  databaseNow: () => Micros
  /** Checks and prolongs the lease in a transaction (I13). Returns the database's clock, read in that transaction. */
  fence(trx: Transaction<Database>): Promise<Micros>
  /** Notes that the lease was prolonged, and the database's clock at that moment. */
  renew(databaseNow: Micros): void
}

export function holdLease(lease: Lease, databaseNow: Micros, monotonicMs: () => number): HeldLease {
  // A monotonic clock stands still while the machine sleeps, so it never adds too much to a reading.
  let reading = { at: databaseNow, monotonicMs: monotonicMs() }
  let watchedSince = reading.monotonicMs
  return {
    lease,
    databaseNow: () => reading.at + microsFromMillis(monotonicMs() - reading.monotonicMs),
    fence: async (trx) => {
      const watchedMs = monotonicMs() - watchedSince
      const at = await fence(trx, lease, { ttlSeconds: LEASE_SECONDS, watchedMs })
      reading = { at, monotonicMs: monotonicMs() }
      // A rollback loses this time. That is safe, because the sum is only a lower bound of the time that has passed.
      watchedSince += watchedMs
      return at
    },
    renew: (at) => {
      reading = { at, monotonicMs: monotonicMs() }
    },
  }
}
