import type { DeliveryStats } from './delivery-stats.ts'
import type { Faults } from './faults.ts'
import type { Hotel } from './hotel.ts'
import type { LoggedRequest } from './request-log.ts'
import type { NewEvent, SeamEvent } from './seam-event.ts'
import type { WebhookEndpoint } from './sign-webhook.ts'

export interface SimulatedSeamOptions {
  /** The seed of everything random, so that a run can be repeated. Default 1. */
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
  /** Whether the events are pushed to the webhooks, too. Default false for `add` and `fill`. */
  push?: boolean
  /**
   * From when on events/list shows the events, in Unix milliseconds by the server's clock (`Infinity`: never). By default
   * the fault `lateVisibilityMs` decides.
   */
  visibleAtMs?: number
}

export interface FillOptions extends AddOptions {
  /** How many events in all. */
  count: number
  /** The period in which the events are created, in Unix milliseconds. `to` is excluded. */
  from: number
  to: number
  /** `count` of the events share the one millisecond `at` (Unix milliseconds). */
  burst?: { count: number; at: number }
}

export interface SimulatedSeam {
  url: string
  workspaceId: string
  apiKey: string
  personalAccessToken: string
  /** What the events are about. Client sessions are listed from it, and a test may change them. */
  hotel: Hotel
  /** Creates realistic events now (default: one); they become listable and are pushed to the webhooks. */
  emit(count?: number): SeamEvent[]
  /** Adds the caller's events. A created_at given as text keeps every digit; one that is no instant counts as now. */
  add(events: readonly NewEvent[], options?: AddOptions): SeamEvent[]
  /** Makes a history of realistic events at random moments of a period. Returns them oldest first. */
  fill(options: FillOptions): SeamEvent[]
  /** Emits events at random moments until `stopTraffic` or `stop`. */
  startTraffic(options: { eventsPerSecond: number }): void
  stopTraffic(): void
  /** All events that exist upstream, oldest first, including those that are not listed yet. */
  events(): readonly SeamEvent[]
  deliveries(): DeliveryStats
  /** The newest 10,000 requests to the API, oldest first. */
  requests(): readonly LoggedRequest[]
  /** Changes the given faults and leaves the rest as it is. */
  setFaults(faults: Partial<Faults>): void
  /** Replaces the endpoints. Deliveries to a removed endpoint are given up. */
  setWebhooks(webhooks: readonly WebhookEndpoint[]): void
  /** Resolves when no delivery is pending. */
  drained(): Promise<void>
  /** Closes all sockets and timers. It may be called more than once. */
  stop(): Promise<void>
}
