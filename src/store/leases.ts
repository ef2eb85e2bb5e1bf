import type { Transaction } from 'kysely'
import { type Db, runSql } from './open-database.ts'
import type { Database } from './schema.ts'

/** One process's right to poll a workspace, for as long as nobody else has taken it. */
export interface Lease {
  workspaceId: string
  /** The process; a UUID. */
  holder: string
  /** The fencing token. */
  token: string
}

/** Another process holds the lease by now: what this one was about to write must not be written. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError'
}

/** All by the database's clock, so that the processes' own clocks don't matter. */
const ACQUIRE_SQL = `
insert into leases as l (workspace_id, holder, token, expires_at)
values ($1, $2, 1, clock_timestamp() + make_interval(secs => $3))
on conflict (workspace_id) do update set
  token = l.token + (l.holder <> excluded.holder or l.expires_at <= clock_timestamp())::int,
  holder = excluded.holder,
  expires_at = clock_timestamp() + make_interval(secs => $3)
where l.holder = excluded.holder or l.expires_at <= clock_timestamp()
returning token::text`

/** Takes the lease if it is free, expired, or ours already; null while another process holds it. */
export async function acquireLease(
  db: Db,
  workspaceId: string,
  holder: string,
  ttlSeconds: number,
): Promise<Lease | null> {
  const [row] = await runSql<{ token: string }>(db, ACQUIRE_SQL, [workspaceId, holder, ttlSeconds])
  return row === undefined ? null : { workspaceId, holder, token: row.token }
}

/**
 * Holds the lease through the caller's transaction, and prolongs it; throws LeaseLostError when it has changed hands. The row
 * stays locked until the transaction ends, so nobody can take the lease between this check and the commit.
 */
export async function fence(trx: Transaction<Database>, lease: Lease, ttlSeconds: number): Promise<void> {
  if (!(await prolong(trx, lease, ttlSeconds))) {
    throw new LeaseLostError('Another process has taken over polling this workspace.')
  }
}

/** Prolongs a lease that is still ours; false when it has changed hands. */
export async function prolong(
  db: Pick<Db, 'executeQuery'>,
  { workspaceId, holder, token }: Lease,
  ttlSeconds: number,
): Promise<boolean> {
  const rows = await runSql(
    db,
    `update leases set expires_at = clock_timestamp() + make_interval(secs => $4)
     where workspace_id = $1 and holder = $2 and token = $3 returning 1`,
    [workspaceId, holder, token, ttlSeconds],
  )
  return rows.length > 0
}

/** Lets go of a lease that is still ours, so that another process need not wait for it to expire. */
export async function releaseLease(db: Db, { workspaceId, holder, token }: Lease): Promise<void> {
  await runSql(
    db,
    'update leases set expires_at = clock_timestamp() where workspace_id = $1 and holder = $2 and token = $3',
    [workspaceId, holder, token],
  )
}
