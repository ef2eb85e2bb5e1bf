import type { Transaction } from 'kysely'
import type { Micros } from '../../domain/instant.ts'
import { runSql } from '../../postgres/open-database.ts'
import type { Db } from '../database.ts'
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

const NOW = `(extract(epoch from clock_timestamp()) * 1000000)::bigint::text as now`

/**
 * Only the database's clock counts, so that the processes' own clocks don't matter. An expiry more than two lifetimes away was written
 * while that clock was ahead (before a failover to a server with another clock). Such a lease may be taken, or everybody would wait.
 */
const ACQUIRE_SQL = `
insert into leases as l (workspace_id, holder, token, expires_at)
values ($1, $2, 1, clock_timestamp() + make_interval(secs => $3))
on conflict (workspace_id) do update set
  token = l.token + (l.holder <> excluded.holder or l.expires_at <= clock_timestamp())::int,
  holder = excluded.holder,
  expires_at = clock_timestamp() + make_interval(secs => $3)
where l.holder = excluded.holder
  or l.expires_at <= clock_timestamp() or l.expires_at > clock_timestamp() + make_interval(secs => 2 * $3::float8)
returning token::text, ${NOW}`

/** Takes the lease if it is free, expired or already ours; returns null while another process holds it. */
export async function acquireLease(
  db: Db,
  workspaceId: string,
  holder: string,
  ttlSeconds: number,
): Promise<{ lease: Lease; now: Micros } | null> {
  const [row] = await runSql<{ token: string; now: string }>(db, ACQUIRE_SQL, [
    workspaceId,
    holder,
    ttlSeconds,
  ])
  if (row === undefined) return null
  return { lease: { workspaceId, holder, token: row.token }, now: BigInt(row.now) }
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
  const [row] = await runSql<{ now: string }>(trx, `${PROLONG_SQL} returning ${NOW}`, [
    ...keyOf(lease),
    ttlSeconds,
    watchedMs,
  ])
  if (row === undefined) throw new LeaseLostError('Another process has taken over polling this workspace.')
  return BigInt(row.now)
}

const PROLONG_SQL = `
update leases set expires_at = clock_timestamp() + make_interval(secs => $4),
  watched = watched + make_interval(secs => $5::float8 / 1000)
where workspace_id = $1 and holder = $2 and token = $3`

/** Prolongs a lease if it is still ours. */
export async function prolongLease(db: Db, lease: Lease, ttlSeconds: number): Promise<void> {
  await runSql(db, PROLONG_SQL, [...keyOf(lease), ttlSeconds, 0])
}

/** Releases a lease that is still ours, so that another process need not wait for it to expire. */
export async function releaseLease(db: Db, lease: Lease): Promise<void> {
  await runSql(
    db,
    'update leases set expires_at = clock_timestamp() where workspace_id = $1 and holder = $2 and token = $3',
    keyOf(lease),
  )
}

function keyOf({ workspaceId, holder, token }: Lease): string[] {
  return [workspaceId, holder, token]
}
