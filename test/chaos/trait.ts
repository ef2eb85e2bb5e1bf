import type { Random } from '../../src/simulated-seam/random.ts'
import type { Faults } from '../../src/simulated-seam/start-simulated-seam.ts'
import type { Rig } from './rig.ts'
import type { RoundPlan } from './schedule.ts'

/** A property of Seam or of the service's surroundings for a whole round. Seam promises nothing that a trait breaks. */
export interface Trait {
  name: string
  /** The rules, or the case from the field, that it tests. */
  threatens: string
  /** The probability that a round has it, 0 to 1. */
  chance: number
  faults?: Partial<Faults>
  /** Settings that it gives to the service. */
  environment?: (plan: RoundPlan) => Readonly<Record<string, string>>
  /** Called when the traffic begins. */
  begin?: (rig: Rig, random: Random) => Promise<void> | void
  /** `act` is called with this probability at each tick of the traffic (30 ms). */
  during?: { chance: number; act: (rig: Rig, random: Random) => Promise<void> | void }
  /** Traits and faults that it cannot be combined with. Each entry has the reason beside it. */
  excludes?: readonly string[]
}
