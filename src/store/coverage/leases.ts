import { type RawBuilder, sql, type Transaction } from 'kysely'
import type { Micros } from '../../domain/instant.ts'
import type { Db, DbOrTransaction } from '../database.ts'
import { CLOCK } from '../expressions.ts'
import type { Database } from '../schema.ts'

/** One process's right to poll a workspace, for as long as nobody else has taken it. */
export interface Lease {
  workspaceId: string
  /** The process; a UUID. */
  holder: string
  /** The fencing token. */
  token: string
}

/** Another process holds the lease by now, so this one must not write what it was about to write. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError'
}

/** The database's clock in microseconds. */
const NOW = sql<string>`(extract(epoch from clock_timestamp()) * 1000000)::bigint`.as('now')

function inSeconds(seconds: number): RawBuilder<string> {
  return sql`clock_timestamp() + make_interval(secs => ${seconds})`
}

/**
 * Takes the lease if it is free, expired or already ours; returns null while another process holds it. Only the database's clock counts,
 * so that the processes' own clocks don't matter. An expiry more than two lifetimes away was written while that clock was ahead (before a
 * failover to a server with another clock). Such a lease may be taken, or everybody would wait.
 */
export async function acquireLease(
  db: Db,
  workspaceId: string,
  holder: string,
  ttlSeconds: number,
): Promise<{ lease: Lease; now: Micros } | null> {
  const row = await db
    .insertInto('leases')
    .values({ workspace_id: workspaceId, holder, token: 1, expires_at: inSeconds(ttlSeconds) })
    .onConflict((conflict) =>
      conflict
        .column('workspace_id')
        .doUpdateSet((eb) => ({
          token: sql<string>`${eb.ref('leases.token')} + (${eb.ref('leases.holder')} <> ${eb.ref('excluded.holder')}
            or ${eb.ref('leases.expires_at')} <= clock_timestamp())::int`,
          holder,
          expires_at: inSeconds(ttlSeconds),
        }))
        .where((eb) =>
          eb.or([
            eb('leases.holder', '=', holder),
            eb('leases.expires_at', '<=', CLOCK),
            eb('leases.expires_at', '>', inSeconds(2 * ttlSeconds)),
          ]),
        ),
    )
    .returning(['token', NOW])
    .executeTakeFirst()
  return row === undefined ? null : { lease: { workspaceId, holder, token: row.token }, now: BigInt(row.now) }
}

/**
 * Checks the lease, prolongs it and holds it until the caller's transaction ends; throws LeaseLostError when it has changed hands. The
 * row stays locked, so nobody can take the lease between this check and the commit. Returns the database's clock.
 *
 * `watchedMs` is added to the time that the pollers of the workspace have watched (see migrations/0007_leases.sql).
 */
export async function fence(
  trx: Transaction<Database>,
  lease: Lease,
  { ttlSeconds, watchedMs }: { ttlSeconds: number; watchedMs: number },
): Promise<Micros> {
  const row = await updateOwn(trx, lease)
    .set((eb) => ({
      expires_at: inSeconds(ttlSeconds),
      watched: sql<string>`${eb.ref('watched')} + make_interval(secs => ${watchedMs / 1000})`,
    }))
    .returning(NOW)
    .executeTakeFirst()
  if (row === undefined) throw new LeaseLostError('Another process has taken over polling this workspace.')
  return BigInt(row.now)
}

/** Prolongs a lease if it is still ours. */
export async function prolongLease(db: Db, lease: Lease, ttlSeconds: number): Promise<void> {
  await updateOwn(db, lease)
    .set({ expires_at: inSeconds(ttlSeconds) })
    .execute()
}

/** Releases a lease that is still ours, so that another process need not wait for it to expire. */
export async function releaseLease(db: Db, lease: Lease): Promise<void> {
  await updateOwn(db, lease).set({ expires_at: CLOCK }).execute()
}

function updateOwn(db: DbOrTransaction, { workspaceId, holder, token }: Lease) {
  return db
    .updateTable('leases')
    .where('workspace_id', '=', workspaceId)
    .where('holder', '=', holder)
    .where('token', '=', token)
}
