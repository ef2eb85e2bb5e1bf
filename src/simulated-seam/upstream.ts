import type { EventStore } from './event-store.ts'
import type { Faults } from './faults.ts'
import type { Hotel } from './hotel.ts'
import type { Random } from './random.ts'

/** Everything that the routes of the simulated API work on. */
export interface Upstream {
  workspaceId: string
  apiKey: string
  personalAccessToken: string
  publishableKey: string
  hotel: Hotel
  store: EventStore
  faults: () => Faults
  /** The true clock, in Unix milliseconds. */
  now: () => number
  /** The server's own clock, in Unix milliseconds: the true one plus `clockOffsetMs`. */
  serverNow: () => number
  /** The randomness of faults and request ids. */
  random: Random
}
