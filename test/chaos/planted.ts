import type { SeamEvent } from '../../src/simulated-seam/start-simulated-seam.ts'

/** Something that can't be used, and has to be in quarantine at the end. */
export interface PlantedItem {
  reason: string
  /** A text that its body holds, masked or not: a UUID. Null: it is told by its reason alone. */
  marker: string | null
}

/** What a round has sent or listed that is no ordinary event, and what has to have become of it. */
export class Planted {
  /** Events that become visible later than the settle time: only an audit can be asked for them. */
  readonly onlyForAudit = new Set<string>()
  /** Events that must not get a `webhook_at`. */
  readonly neverByWebhook = new Set<string>()
  /** Events that Seam never had. */
  readonly forged = new Set<string>()
  /** Events from before the backfill: Seam lists them, and nobody asks. */
  readonly outOfReach = new Set<string>()
  /** Events of which more may be masked than what stands in the usual places of a PIN. */
  readonly odd = new Set<string>()
  /** Other bodies that were sent under the id of an event; one of the two is to be stored, the other in quarantine. */
  readonly otherBodies = new Map<string, SeamEvent>()
  readonly quarantined: PlantedItem[] = []
  /** Texts that may be nowhere in the clear (I9), and which form of a PIN each is. */
  readonly pins = new Map<string, string>()
}
