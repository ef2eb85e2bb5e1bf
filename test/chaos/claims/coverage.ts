import { parseInstant } from '../../../src/domain/instant.ts'
import { EARLY_MOVES_SQL, PREMATURE_MOVES_SQL, SHRUNK_TOKENS_SQL, STOLEN_MOVES_SQL } from '../instruments.ts'
import { MIRROR_API_KEY } from '../keys.ts'
import type { Rig } from '../rig.ts'

export async function checkLeases({ sql, findings }: Rig): Promise<void> {
  for (const { mover, leaseTakenBy } of await sql<{ mover: string; leaseTakenBy: string }>(
    STOLEN_MOVES_SQL,
  )) {
    findings.add('I13', `${mover} moved coverage while ${leaseTakenBy} held the lease`)
  }
  for (const { token, before } of await sql<{ token: string; before: string }>(SHRUNK_TOKENS_SQL)) {
    findings.add('I13', `the fencing token went from ${before} to ${token}`)
  }
}

/** Checks every move of coverage as of its own moment, because a false claim may have been too short for the watch to see. */
export async function checkMoves({ sql, findings, seam, plan, calmFaults, ledger }: Rig): Promise<void> {
  const fromHorizon = `${calmFaults.clockOffsetMs - plan.settleSeconds * 1000} milliseconds`
  for (const { to, horizon } of await sql<{ to: string; horizon: string }>(EARLY_MOVES_SQL, [
    fromHorizon,
    seam.workspaceId,
  ])) {
    findings.add('I6', `coverage was moved to ${to} when nothing after ${horizon} had settled`)
  }
  const exempt = [...ledger.planted.onlyForAudit]
  for (const { id, createdAt, at } of await sql<{ id: string; createdAt: string; at: string }>(
    PREMATURE_MOVES_SQL,
    [seam.workspaceId, exempt],
  )) {
    findings.add('I4, I5, I6', `event ${id} of ${createdAt} was claimed at ${at}, and stored later`, id)
  }
}

interface Report {
  coverage: { complete: { from: string; to: string } | null; gaps: unknown[]; ranges: unknown[] }
}

/** Checks that `/v1/coverage` says that the copy is complete, from the start of the backfill to past the last event, without a gap. */
export async function checkReport(rig: Rig): Promise<{ claimedHours: number; isTrue: boolean }> {
  const { findings, replicas, sinceMs } = rig
  const url = `${replicas[0]?.url}/v1/coverage`
  const response = await fetch(url, { headers: { authorization: `Bearer ${MIRROR_API_KEY}` } })
  if (!response.ok) {
    findings.add('I5', `/v1/coverage answered ${response.status}: ${await response.text()}`)
    return { claimedHours: 0, isTrue: false }
  }
  const { coverage } = (await response.json()) as Report
  const { complete, gaps, ranges } = coverage
  const from = parseInstant(complete?.from ?? '')
  const to = parseInstant(complete?.to ?? '')
  // Events dated in the future rightly lie beyond coverage.
  const last = BigInt(rig.coverableMs) * 1000n
  const isComplete = from !== null && to !== null && from <= BigInt(sinceMs) * 1000n && to > last
  if (!isComplete || gaps.length > 0 || ranges.length !== 1)
    findings.add('I5', `/v1/coverage does not say complete: ${JSON.stringify({ complete, gaps, ranges })}`)
  const claimedHours = from === null || to === null ? 0 : Number(to - from) / 3_600_000_000
  return { claimedHours, isTrue: findings.count('I4, I5, I6') + findings.count('I6') === 0 }
}
