import type { SeamEvent } from '../../src/simulated-seam/start-simulated-seam.ts'

/** Something unusable that must be in quarantine at the end. */
export interface PlantedItem {
  reason: string
  /** A UUID in its body, which is never masked. Null: it is recognised by its reason alone. */
  marker: string | null
}

/** The odd things that a round has sent or listed, and what must have happened to them at the end. */
export class Planted {
  /** Events that become visible later than the settle time. Only an audit has to find them. */
  readonly onlyForAudit = new Set<string>()
  /** Events that must not get a `webhook_at`. */
  readonly neverByWebhook = new Set<string>()
  /** Events that Seam never had. */
  readonly forged = new Set<string>()
  /** Events from before the backfill. Seam lists them, but nobody asks for them. */
  readonly outOfReach = new Set<string>()
  /** Events in which more may be masked than the usual places of a PIN. */
  readonly odd = new Set<string>()
  /** Other bodies that were sent with the id of an event. One of the two must be stored and the other one in quarantine. */
  readonly otherBodies = new Map<string, SeamEvent>()
  readonly quarantined: PlantedItem[] = []
  /** Texts that must not be anywhere in the clear (I9), with the form of PIN that each one has. */
  readonly pins = new Map<string, string>()
}
