import type { DeliveryStats } from './delivery-stats.ts'
import type { Faults } from './faults.ts'
import type { Hotel } from './hotel.ts'
import type { LoggedRequest } from './request-log.ts'
import type { NewEvent, SeamEvent } from './seam-event.ts'
import type { WebhookEndpoint } from './sign-webhook.ts'

export interface SimulatedSeamOptions {
  /** Everything random comes from it, so that a run can be repeated. Default 1. */
  seed?: number
  /** Default 127.0.0.1. */
  host?: string
  /** Default 0: any free port. */
  port?: number
  /** Default: a UUID made from the seed. */
  workspaceId?: string
  /** Default: `seam_simulated1_…` made from the seed. */
  apiKey?: string
  /** Accepted together with the header `seam-workspace`. Default: `seam_at1…` made from the seed. */
  personalAccessToken?: string
  /** Endpoints that events are pushed to. */
  webhooks?: readonly WebhookEndpoint[]
  /** Multiplies the delays between the attempts of a delivery. Default 1; 0.001 suits tests. */
  retryTimeScale?: number
  /** The true clock, in Unix milliseconds. Default `Date.now`. */
  now?: () => number
  faults?: Partial<Faults>
}

export interface AddOptions {
  /** Also push the events to the webhooks. Default false for `add` and `fill`. */
  push?: boolean
  /**
   * Unix milliseconds by the server's clock from which events/list shows the events (`Infinity`: never). Default: by the
   * fault `lateVisibilityMs`.
   */
  visibleAtMs?: number
}

export interface FillOptions extends AddOptions {
  /** How many events in all. */
  count: number
  /** Unix milliseconds between which the events are created; `to` is excluded. */
  from: number
  to: number
  /** So many of them share the one millisecond `at` (Unix milliseconds). */
  burst?: { count: number; at: number }
}

export interface SimulatedSeam {
  url: string
  workspaceId: string
  apiKey: string
  personalAccessToken: string
  /** What the events are about. Client sessions are listed from here: change them at will. */
  hotel: Hotel
  /** Creates realistic events now (default: one); they become listable and are pushed to the webhooks. */
  emit(count?: number): SeamEvent[]
  /** Adds the caller's events. A created_at given as text is kept to the digit; one that is no instant counts as now. */
  add(events: readonly NewEvent[], options?: AddOptions): SeamEvent[]
  /** Makes history: realistic events at random moments of a period, oldest first. */
  fill(options: FillOptions): SeamEvent[]
  /** Emits events at random moments until `stopTraffic` or `stop`. */
  startTraffic(options: { eventsPerSecond: number }): void
  stopTraffic(): void
  /** Everything that exists upstream, oldest first, also what is not listed yet. */
  events(): readonly SeamEvent[]
  deliveries(): DeliveryStats
  /** The newest 10,000 requests to the API, oldest first. */
  requests(): readonly LoggedRequest[]
  /** Changes the given faults and leaves the rest as it is. */
  setFaults(faults: Partial<Faults>): void
  /** Replaces the endpoints; deliveries to one that is gone are given up. */
  setWebhooks(webhooks: readonly WebhookEndpoint[]): void
  /** Resolves when no delivery is pending. */
  drained(): Promise<void>
  /** Closes all sockets and timers; may be called again. */
  stop(): Promise<void>
}
