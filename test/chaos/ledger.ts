import { Planted } from './planted.ts'

/**
 * What the service has to keep: its answers to deliveries, as the load balancer saw them (I1), and what has to become of the odd things that
 * were sent and listed.
 */
export class Ledger {
  readonly planted = new Planted()
  /** Events with an answer 2xx. */
  readonly #acknowledged = new Set<string>()
  /** Those of them that were not yet found in Postgres with their `webhook_at`. */
  readonly #unverified = new Set<string>()
  readonly #statuses = new Map<number, number>()

  /** An answer that has arrived whole; `eventId` null for a body without a usable one. */
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

  /** After a crash of Postgres, and at the end, everything has to be looked at again. */
  verifyAllAgain(): void {
    for (const id of this.#acknowledged) this.#unverified.add(id)
  }

  acknowledged(): ReadonlySet<string> {
    return this.#acknowledged
  }

  /** How often each status was answered; 0 stands for no answer at all. */
  statuses(): ReadonlyMap<number, number> {
    return this.#statuses
  }
}
