import type { Random } from '../../src/simulated-seam/random.ts'
import type { Faults } from '../../src/simulated-seam/start-simulated-seam.ts'
import type { Rig } from './rig.ts'
import type { RoundPlan } from './schedule.ts'

/** How Seam and the service's surroundings are for a whole round: nothing of it is promised to be otherwise. */
export interface Trait {
  name: string
  /** The rules, or the field case, that it puts to the test. */
  threatens: string
  /** How likely a round has it, 0 to 1. */
  chance: number
  faults?: Partial<Faults>
  /** Settings of the service. */
  environment?: (plan: RoundPlan) => Readonly<Record<string, string>>
  /** When the traffic begins. */
  begin?: (rig: Rig, random: Random) => Promise<void> | void
  /** In the traffic, at each of its ticks (30 ms) with this chance. */
  during?: { chance: number; act: (rig: Rig, random: Random) => Promise<void> | void }
  /** Traits and moments that it can't be combined with; the reason stands beside it. */
  excludes?: readonly string[]
}
