import { formatInstant, microsFromMillis } from '../../../src/domain/instant.ts'
import type { Trait } from '../trait.ts'

const HOUR_MS = 3_600_000

/** Traits about when events become visible, which times they state, and which webhooks arrive. */
export const EVENT_TRAITS: readonly Trait[] = [
  { name: 'visible-late', threatens: 'I6', chance: 0.4 },
  {
    name: 'visible-too-late',
    threatens: 'I6',
    chance: 0.2,
    during: {
      chance: 0.08,
      act: ({ seam, plan, seamNow, ledger }, random) => {
        const visibleAtMs = seamNow() + plan.settleSeconds * 1000 + random.integer(1200, 2000)
        for (const { event_id: id } of seam.add([{}], { visibleAtMs })) ledger.planted.onlyForAudit.add(id)
      },
    },
    // Events that are stamped by a clock that is ahead lie beyond coverage. An audit does not reach them; the next polls do.
    excludes: ['clock-ahead'],
  },
  {
    name: 'future-events',
    threatens: 'I6',
    chance: 0.3,
    during: {
      chance: 0.05,
      act: ({ seam, seamNow }, random) => {
        const at = seamNow() + random.integer(1, 2 * HOUR_MS)
        const event = { created_at: formatInstant(microsFromMillis(at)) }
        // Most are hours ahead, because an event that is a second ahead is soon in the present.
        seam.add([event], { push: random.chance(0.5), visibleAtMs: -Infinity })
      },
    },
  },
  {
    name: 'unusable-events',
    threatens: 'I11',
    chance: 0.3,
    during: {
      chance: 0.05,
      act: ({ seam, ledger }, random) => {
        const marker = random.uuid()
        const event = { event_id: `no uuid ${marker}`, event_type: 'lock.locked', device_id: 'x' }
        seam.add([event], { push: random.chance(0.5), visibleAtMs: -Infinity })
        ledger.planted.quarantined.push({ reason: 'bad_event_id', marker })
      },
    },
  },
  { name: 'no-webhooks-arrive', threatens: 'I5', chance: 0.15, faults: { dropRate: 1 } },
  {
    name: 'half-of-the-webhooks-arrive',
    threatens: 'I3, I5',
    chance: 0.35,
    faults: { dropRate: 0.5 },
    excludes: ['no-webhooks-arrive'],
  },
]
