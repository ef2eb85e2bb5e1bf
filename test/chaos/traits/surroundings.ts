import { SECRETS_KEY } from '../keys.ts'
import type { Trait } from '../trait.ts'

/** The end of daylight saving time in Vienna, when the hour from two to three comes twice. */
const AUTUMN_HOUR_MS = Date.UTC(2026, 9, 25, 0, 0, 5)

/** Traits of the surroundings of the service's processes. */
export const SURROUNDING_TRAITS: readonly Trait[] = [
  {
    name: 'secrets-kept',
    threatens: 'I7, I9',
    chance: 0.4,
    environment: () => ({ SEAM_MIRROR_SECRETS_KEY: SECRETS_KEY }),
  },
  {
    // No webhook is accepted, because their timestamps are weeks ahead of the process's clock.
    name: 'autumn-hour',
    threatens: 'F4, I5',
    chance: 0.05,
    environment: ({ historyHours }) => ({
      TZ: 'Europe/Vienna',
      CHAOS_WALL_CLOCK_MS: String(AUTUMN_HOUR_MS - Date.now()),
      // An instant as the start of the backfill would lie in the future.
      SEAM_MIRROR_BACKFILL_SINCE: `${historyHours + 1}h`,
    }),
  },
]
