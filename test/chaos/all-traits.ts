import type { Trait } from './trait.ts'
import { EVENT_TRAITS } from './traits/events.ts'
import { GATEWAY_TRAITS } from './traits/gateways.ts'
import { HOSTILE_TRAITS } from './traits/hostile-events.ts'
import { LISTING_TRAITS } from './traits/listings.ts'
import { SESSION_TRAITS } from './traits/sessions.ts'
import { SURROUNDING_TRAITS } from './traits/surroundings.ts'

/** Everything that holds for a whole round; what lasts for a moment is in all-faults.ts. */
export const TRAITS: readonly Trait[] = [
  ...LISTING_TRAITS,
  ...EVENT_TRAITS,
  ...HOSTILE_TRAITS,
  ...GATEWAY_TRAITS,
  ...SESSION_TRAITS,
  ...SURROUNDING_TRAITS,
]
