import { setTimeout } from 'node:timers/promises'
import { createRandom } from '../../src/simulated-seam/random.ts'
import type { NewEvent } from '../../src/simulated-seam/start-simulated-seam.ts'
import type { Rig } from './rig.ts'

const TICK_MS = 30

/**
 * Makes events until `isOver`. Most are pushed and listed. Some are only listed, so that no webhook hides a mistake of the poller. Traits
 * add others.
 */
export async function makeTraffic(rig: Rig, isOver: () => boolean): Promise<void> {
  const { seam, plan } = rig
  const random = createRandom(plan.seed, 'lab traffic')
  const perTick = (plan.eventsPerSecond * TICK_MS) / 1000
  // Each trait has a random stream of its own, so that its draws do not change what the others do.
  const traits = plan.traits.map((trait) => ({
    trait,
    random: createRandom(plan.seed, `trait ${trait.name}`),
  }))
  for (const { trait, random: own } of traits) await trait.begin?.(rig, own)
  const acts: Promise<void>[] = []
  while (!isOver()) {
    const count = Math.floor(perTick) + (random.chance(perTick % 1) ? 1 : 0)
    if (count > 0) {
      if (random.chance(0.3)) seam.add(Array.from({ length: count }, (): NewEvent => ({})))
      else seam.emit(count)
    }
    for (const { trait, random: own } of traits) {
      if (trait.during !== undefined && own.chance(trait.during.chance))
        acts.push(Promise.resolve(trait.during.act(rig, own)))
    }
    await setTimeout(TICK_MS)
  }
  await Promise.all(acts)
}
