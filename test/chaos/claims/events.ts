import type { SeamEvent } from '../../../src/simulated-seam/start-simulated-seam.ts'
import type { Rig } from '../rig.ts'

export interface StoredRow {
  id: string
  body: string
  webhookAt: string | null
}

export type Stored = ReadonlyMap<string, StoredRow>

/** Checks every event, and returns how many are lost. */
export function checkNothingIsLost(
  { findings }: Rig,
  upstream: readonly SeamEvent[],
  stored: Stored,
): number {
  const lost = upstream.filter(({ event_id: id }) => !stored.has(id))
  for (const { event_id: id, created_at: at } of lost) {
    findings.add('I5', `event ${id} of ${at} is lost: upstream has it, Postgres does not`)
  }
  return lost.length
}

export function checkNothingIsInvented(
  { ledger: { planted }, findings }: Rig,
  upstream: readonly SeamEvent[],
  stored: Stored,
): void {
  const known = new Set(upstream.map(({ event_id: id }) => id))
  for (const id of stored.keys()) {
    if (!known.has(id))
      findings.add(
        'I3',
        `event ${id} is stored, and upstream never had it${planted.forged.has(id) ? ' (forged)' : ''}`,
      )
  }
  for (const id of planted.neverByWebhook) {
    if (stored.get(id)?.webhookAt)
      findings.add('I1', `event ${id} came by a webhook outside the tolerance, and was taken`)
  }
}

export function checkTexts({ findings, ledger }: Rig, upstream: readonly SeamEvent[], stored: Stored): void {
  const { odd, otherBodies } = ledger.planted
  for (const event of upstream) {
    const row = stored.get(event.event_id)
    if (row === undefined || row.body === JSON.stringify(event)) continue
    const body: unknown = JSON.parse(row.body)
    const isRight = odd.has(event.event_id)
      ? isWhatIsLeft(body, event)
      : [event, otherBodies.get(event.event_id)].some((original) => isMaskedCopy(body, original, ''))
    if (!isRight) findings.add('I7', `event ${event.event_id} was changed: ${row.body.slice(0, 300)}`)
  }
}

/** Whether a copy that may be sealed whole keeps the ids and instants that the event is found by, and adds nothing. */
function isWhatIsLeft(body: unknown, { event_id: id, created_at: createdAt }: SeamEvent): boolean {
  if (typeof body !== 'object' || body === null) return false
  const left = body as Partial<SeamEvent>
  return left.event_id === id && left.created_at === createdAt
}

/** Members that may be masked, because the contract says that they may have a PIN or a text with one. */
const MAY_BE_MASKED =
  /^(code|from|to|description|event_description|change_reason|error_message|message|name|.*_(message|description))$/

/** Whether `copy` equals `original` except for masks in the places of secrets. */
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

/** Checks that the follower of the order of arrival has seen every event once. Returns how many it saw more often. */
export function checkArrivals({ watch, findings }: Rig, stored: Stored): number {
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
