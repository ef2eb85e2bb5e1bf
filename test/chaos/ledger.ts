import { Planted } from './planted.ts'

/**
 * What the service must have at the end: the deliveries that it acknowledged, as the load balancer saw its answers (I1), and the odd things
 * that were planted.
 */
export class Ledger {
  readonly planted = new Planted()
  /** Events with an answer 2xx. */
  readonly #acknowledged = new Set<string>()
  /** Those of them that were not found in Postgres with their `webhook_at` yet. */
  readonly #unverified = new Set<string>()
  readonly #statuses = new Map<number, number>()

  /** Notes an answer that has arrived whole. `eventId` is null when the body has no usable id. */
  note(status: number, eventId: string | null): void {
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1)
    if (status < 200 || status > 299 || eventId === null || this.#acknowledged.has(eventId)) return
    this.#acknowledged.add(eventId)
    this.#unverified.add(eventId)
  }

  unverified(): string[] {
    return [...this.#unverified]
  }

  verified(eventIds: readonly string[]): void {
    for (const id of eventIds) this.#unverified.delete(id)
  }

  /** Makes every acknowledged event be checked again, as after a crash of Postgres and at the end. */
  verifyAllAgain(): void {
    for (const id of this.#acknowledged) this.#unverified.add(id)
  }

  acknowledged(): ReadonlySet<string> {
    return this.#acknowledged
  }

  /** How often each status was answered; 0 means no answer. */
  statuses(): ReadonlyMap<number, number> {
    return this.#statuses
  }
}
