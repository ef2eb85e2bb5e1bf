import type { Transaction } from 'kysely'
import { type Micros, microsFromMillis } from '../domain/instant.ts'
import { type Lease, fence } from '../store/coverage/leases.ts'
import type { Database } from '../store/schema.ts'

/** How long a lease lasts. Then a holder that is gone or asleep can be replaced. */
export const LEASE_SECONDS = 30

/** A lease in our hands, and with it the database's clock: it is read with every statement about the lease, at no cost. */
export interface HeldLease {
  lease: Lease
  /** The database's clock, at least: as it was read last, and the time since then by the local monotonic clock. */
  databaseNow: () => Micros
  /** Checks and prolongs the lease in a transaction (I13). Returns the database's clock, read in it. */
  fence(trx: Transaction<Database>): Promise<Micros>
  /** The lease was prolonged, and the database's clock read with it. */
  renew(databaseNow: Micros): void
}

export function holdLease(lease: Lease, databaseNow: Micros, monotonicMs: () => number): HeldLease {
  // A monotonic clock stands still while the machine sleeps: what it adds to a reading is never too much.
  let reading = { at: databaseNow, monotonicMs: monotonicMs() }
  let watchedSince = reading.monotonicMs
  return {
    lease,
    databaseNow: () => reading.at + microsFromMillis(monotonicMs() - reading.monotonicMs),
    fence: async (trx) => {
      const watchedMs = monotonicMs() - watchedSince
      const at = await fence(trx, lease, { ttlSeconds: LEASE_SECONDS, watchedMs })
      reading = { at, monotonicMs: monotonicMs() }
      // When the transaction is rolled back, this time is not counted. That is safe, because the sum only says how much has passed at least.
      watchedSince += watchedMs
      return at
    },
    renew: (at) => {
      reading = { at, monotonicMs: monotonicMs() }
    },
  }
}
