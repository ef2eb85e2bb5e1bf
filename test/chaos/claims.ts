import { parseInstant } from '../../src/domain/instant.ts'
import type { SeamEvent } from '../../src/simulated-seam/start-simulated-seam.ts'
import { isUuid } from '../../src/domain/uuid.ts'
import { SHRUNK_TOKENS_SQL, STOLEN_MOVES_SQL } from './instruments.ts'
import { MIRROR_API_KEY, type Rig } from './rig.ts'

export interface FinalCounts {
  upstream: number
  stored: number
  lost: number
  duplicated: number
  /** Deadlocks that Postgres itself has found and ended; a crash of the server forgets them. */
  realDeadlocks: number
  /** Hours that coverage claims at the end, and those of them that are true. */
  claimedHours: number
  trueHours: number
}

interface StoredRow {
  id: string
  body: string
  webhookAt: string | null
}

/** Upstream against Postgres, when all is over: every claim that the service makes, looked at once more and in full. */
export async function checkClaims(rig: Rig): Promise<FinalCounts> {
  const upstream = rig.seam.events().filter(({ event_id: id }) => isUuid(id))
  const rows = await rig.sql<StoredRow>(
    `select event_id::text as id, body::text as body, webhook_at::text as "webhookAt" from events where workspace_id = $1`,
    [rig.seam.workspaceId],
  )
  const stored = new Map(rows.map((row) => [row.id, row]))
  const lost = checkNothingIsLost(rig, upstream, stored)
  checkNothingIsInvented(rig, upstream, stored)
  checkTexts(rig, upstream, stored)
  checkAcknowledged(rig, stored)
  checkAnswers(rig)
  const duplicated = checkArrivals(rig, stored)
  await checkLeases(rig)
  await checkQuarantine(rig)
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

type Stored = ReadonlyMap<string, StoredRow>

function checkNothingIsLost({ findings }: Rig, upstream: readonly SeamEvent[], stored: Stored): number {
  const lost = upstream.filter(({ event_id: id }) => !stored.has(id))
  for (const { event_id: id, created_at: at } of lost) {
    findings.add('I5', `event ${id} of ${at} is lost: upstream has it, Postgres does not`)
  }
  return lost.length
}

function checkNothingIsInvented(rig: Rig, upstream: readonly SeamEvent[], stored: Stored): void {
  const known = new Set(upstream.map(({ event_id: id }) => id))
  for (const id of stored.keys()) {
    if (!known.has(id))
      rig.findings.add(
        'I3',
        `event ${id} is stored, and upstream never had it${rig.forged.has(id) ? ' (forged)' : ''}`,
      )
  }
  for (const id of rig.neverByWebhook) {
    if (stored.get(id)?.webhookAt)
      rig.findings.add('I1', `event ${id} came by a webhook outside the tolerance, and was taken`)
  }
}

function checkTexts({ findings }: Rig, upstream: readonly SeamEvent[], stored: Stored): void {
  for (const event of upstream) {
    const row = stored.get(event.event_id)
    if (row === undefined || row.body === JSON.stringify(event)) continue
    if (!isMaskedCopy(JSON.parse(row.body), event, ''))
      findings.add('I7', `event ${event.event_id} was changed: ${row.body.slice(0, 300)}`)
  }
}

/** Members that may be masked: where the contract says that a PIN, or a text with one, may stand. */
const MAY_BE_MASKED =
  /^(code|from|to|description|event_description|change_reason|error_message|message|name|.*_(message|description))$/

/** Whether `copy` is `original` but for masks in the place of secrets. */
function isMaskedCopy(copy: unknown, original: unknown, member: string): boolean {
  if (copy === '****' && MAY_BE_MASKED.test(member)) return true
  if (typeof copy !== 'object' || copy === null || typeof original !== 'object' || original === null)
    return copy === original
  const keys = Object.keys(copy)
  if (keys.join() !== Object.keys(original).join()) return false
  return keys.every((key) =>
    isMaskedCopy(
      (copy as Record<string, unknown>)[key],
      (original as Record<string, unknown>)[key],
      Array.isArray(copy) ? member : key,
    ),
  )
}

function checkAcknowledged({ ledger, findings }: Rig, stored: Stored): void {
  for (const id of ledger.acknowledged()) {
    if (!stored.get(id)?.webhookAt)
      findings.add('I1', `event ${id} was acknowledged, and its webhook is not stored`)
  }
}

/** 0 is no answer at all. Whatever else is wrong, the sender is to be told to come again, or that its signature is not good. */
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

/** The follower of the order of arrival has seen every event, once. Returns how many it saw more than once. */
function checkArrivals({ watch, findings }: Rig, stored: Stored): number {
  const seen = new Set<string>()
  let duplicated = 0
  for (const id of watch.arrived()) {
    if (seen.has(id)) {
      duplicated += 1
      findings.add('I3, I8', `event ${id} was seen twice in the order of arrival`)
    }
    seen.add(id)
  }
  for (const id of stored.keys()) {
    if (!seen.has(id)) findings.add('I8', `event ${id} was skipped in the order of arrival`)
  }
  return duplicated
}

async function checkLeases({ sql, findings }: Rig): Promise<void> {
  for (const { mover, leaseTakenBy } of await sql<{ mover: string; leaseTakenBy: string }>(
    STOLEN_MOVES_SQL,
  )) {
    findings.add('I13', `${mover} moved coverage while ${leaseTakenBy} held the lease`)
  }
  for (const { token, before } of await sql<{ token: string; before: string }>(SHRUNK_TOKENS_SQL)) {
    findings.add('I13', `the fencing token went from ${before} to ${token}`)
  }
}

/** Every listed item that is no event is kept where somebody can decide about it (I11). */
async function checkQuarantine({ sql, findings, unusable }: Rig): Promise<void> {
  const [row] = await sql<{ count: string }>(
    `select count(*)::text as count from quarantine where convert_from(body, 'UTF8') like '%"no uuid %'`,
  )
  if (Number(row?.count) !== unusable)
    findings.add('I11', `${unusable} unusable events were listed, and ${row?.count} are in quarantine`)
}

interface Report {
  coverage: { complete: { from: string; to: string } | null; gaps: unknown[]; ranges: unknown[] }
}

/** What `/v1/coverage` says of it: complete from the start of the backfill to past the last event, without a gap. */
async function checkReport(rig: Rig) {
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
  // Events of the future lie beyond it, rightly.
  const last = BigInt(rig.trafficEndedMs) * 1000n
  const isComplete = from !== null && to !== null && from <= BigInt(sinceMs) * 1000n && to > last
  if (!isComplete || gaps.length > 0 || ranges.length !== 1)
    findings.add('I5', `/v1/coverage does not say complete: ${JSON.stringify({ complete, gaps, ranges })}`)
  const claimedHours = from === null || to === null ? 0 : Number(to - from) / 3_600_000_000
  return { claimedHours, isTrue: findings.count('I4, I5, I6') + findings.count('I6') === 0 }
}
