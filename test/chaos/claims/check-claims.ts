import { isUuid } from '../../../src/domain/uuid.ts'
import type { Rig } from '../rig.ts'
import { checkLeases, checkMoves, checkReport } from './coverage.ts'
import {
  checkArrivals,
  checkNothingIsInvented,
  checkNothingIsLost,
  checkTexts,
  type Stored,
  type StoredRow,
} from './events.ts'
import { checkQuarantine } from './quarantine.ts'
import { checkDatabase } from './secrets.ts'
import { checkServed } from './served.ts'
import { checkDeletions } from './sessions.ts'

export interface FinalCounts {
  upstream: number
  stored: number
  lost: number
  duplicated: number
  /** Deadlocks that Postgres has found and ended since its last crash. */
  realDeadlocks: number
  /** How many hours coverage claims at the end, and how many of them are true. */
  claimedHours: number
  trueHours: number
}

/** Compares upstream with Postgres at the end of a round, and checks every claim that the service makes. */
export async function checkClaims(rig: Rig): Promise<FinalCounts> {
  const rows = await rig.sql<StoredRow>(
    `select event_id::text as id, body::text as body, webhook_at::text as "webhookAt" from events where workspace_id = $1`,
    [rig.seam.workspaceId],
  )
  const stored = new Map(rows.map((row) => [row.id, row]))
  const { outOfReach } = rig.ledger.planted
  const upstream = rig.seam
    .events()
    .filter(({ event_id: id }) => isUuid(id) && (!outOfReach.has(id) || stored.has(id)))
  const lost = checkNothingIsLost(rig, upstream, stored)
  checkNothingIsInvented(rig, upstream, stored)
  checkTexts(rig, upstream, stored)
  checkAcknowledged(rig, stored)
  checkAnswers(rig)
  const duplicated = checkArrivals(rig, stored)
  await checkServed(rig, upstream, stored)
  await checkLeases(rig)
  await checkMoves(rig)
  await checkQuarantine(rig)
  await checkDatabase(rig)
  await checkDeletions(rig)
  const { claimedHours, isTrue } = await checkReport(rig)
  return {
    upstream: upstream.length,
    stored: rows.length,
    lost,
    duplicated,
    realDeadlocks: await countDeadlocks(rig),
    claimedHours,
    trueHours: isTrue ? claimedHours : 0,
  }
}

function checkAcknowledged({ ledger, findings }: Rig, stored: Stored): void {
  for (const id of ledger.acknowledged()) {
    if (!stored.get(id)?.webhookAt)
      findings.add('I1', `event ${id} was acknowledged, and its webhook is not stored`)
  }
}

/** The statuses that a delivery may be answered with; 0 is no answer. Whatever is wrong, they tell the sender to try again or that its signature is bad. */
const EXPECTED_STATUSES = new Set([0, 204, 400, 503])

function checkAnswers({ ledger, findings }: Rig): void {
  for (const [status, times] of ledger.statuses()) {
    if (!EXPECTED_STATUSES.has(status)) findings.add('I1', `${times} deliveries were answered ${status}`)
  }
}

async function countDeadlocks({ sql }: Rig): Promise<number> {
  const [row] = await sql<{ deadlocks: string }>(
    'select deadlocks::text from pg_stat_database where datname = current_database()',
  )
  return Number(row?.deadlocks)
}
