import { setTimeout } from 'node:timers/promises'
import { formatInstant, microsFromMillis } from '../../src/domain/instant.ts'
import { createRandom } from '../../src/simulated-seam/random.ts'
import type { NewEvent } from '../../src/simulated-seam/start-simulated-seam.ts'
import type { Rig } from './rig.ts'

const HOUR_MS = 3_600_000
const TICK_MS = 30

/**
 * Makes events until `isOver`: most are pushed and listed; some are only listed, so that no webhook hides what the poller does;
 * others as the round's traits want them.
 */
export async function makeTraffic(rig: Rig, isOver: () => boolean): Promise<void> {
  const random = createRandom(rig.plan.seed, 'lab traffic')
  const { seam, plan } = rig
  const has = (name: string) => plan.traits.some((trait) => trait.name === name)
  const perTick = (plan.eventsPerSecond * TICK_MS) / 1000
  while (!isOver()) {
    const count = Math.floor(perTick) + (random.chance(perTick % 1) ? 1 : 0)
    if (count > 0) {
      if (random.chance(0.3)) seam.add(Array.from({ length: count }, (): NewEvent => ({})))
      else seam.emit(count)
    }
    if (has('visible-too-late') && random.chance(0.08)) {
      const visibleAtMs = rig.seamNow() + plan.settleSeconds * 1000 + random.integer(1200, 2000)
      for (const { event_id: id } of seam.add([{}], { visibleAtMs })) rig.onlyForAudit.add(id)
    }
    if (has('future-events') && random.chance(0.05)) {
      const at = rig.seamNow() + random.integer(1, 2 * HOUR_MS)
      const event = { created_at: formatInstant(microsFromMillis(at)) }
      // Only what says that it happens in hours is far from now: what is a second ahead is soon the present.
      seam.add([event], { push: random.chance(0.5), visibleAtMs: -Infinity })
    }
    if (has('unusable-events') && random.chance(0.05)) {
      rig.unusable += 1
      const event = { event_id: `no uuid ${rig.unusable}`, event_type: 'lock.locked', device_id: 'x' }
      seam.add([event], { push: random.chance(0.5), visibleAtMs: -Infinity })
    }
    await setTimeout(TICK_MS)
  }
}
