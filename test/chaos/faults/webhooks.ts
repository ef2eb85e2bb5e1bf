import { setTimeout } from 'node:timers/promises'
import { isUuid } from '../../../src/domain/uuid.ts'
import type { Faults } from '../../../src/simulated-seam/start-simulated-seam.ts'
import type { Fault } from '../fault.ts'
import { NEW_SECRET, OLD_SECRET, STRANGERS_SECRET } from '../keys.ts'
import type { Rig } from '../rig.ts'
import { isTaken, sendDelivery } from '../send-delivery.ts'

const TEN_MINUTES_MS = 600_000

/** Faults on the way of a webhook. The simulated Seam repeats deliveries that fail. */
export const WEBHOOK_FAULTS: readonly Fault[] = [
  webhooks('dropped', 'I5', { dropRate: 0.7 }),
  webhooks('delayed', 'I3', { lateRate: 0.7, lateMs: 900 }),
  webhooks('after-the-poll', 'I3, I8', { lateRate: 1, lateMs: 2200 }),
  webhooks('duplicated', 'I3, I8', { duplicateRate: 0.8 }),
  webhooks('reordered', 'I3, I8', { reorder: true }),
  webhooks('wrongly-signed', 'I1', { wrongSignatureRate: 0.5 }),
  webhooks('signed-with-a-wrong-clock', 'I1', { webhookClockOffsetMs: -TEN_MINUTES_MS }),
  webhooks('before-the-poll', 'I3, I6', { lateVisibilityMs: [700, 1000] }),
  {
    ...webhooks('burst', 'I1, I5, I12', {}),
    begin: async ({ seam }) => void seam.emit(2000),
  },
  {
    ...webhooks('secret-rotated', 'I1', {}),
    begin: async ({ seam, balancer }, random) => {
      // The secret changes step by step, as on Seam's servers, so old and new signatures are mixed for a while.
      for (const secret of [NEW_SECRET, OLD_SECRET, NEW_SECRET]) {
        seam.setWebhooks([{ url: `${balancer.url}/webhooks/seam`, secret }])
        await setTimeout(random.integer(50, 200))
      }
    },
  },
  {
    ...webhooks('two-endpoints', 'I3, I8', {}),
    begin: async ({ seam, balancer }) => {
      seam.setWebhooks([
        { url: `${balancer.url}/webhooks/seam`, secret: NEW_SECRET },
        { url: `${balancer.url}/webhooks/seam/${seam.workspaceId}`, secret: OLD_SECRET },
      ])
    },
  },
  {
    ...webhooks('hours-late', 'I3', {}),
    begin: async (rig, random) => {
      const history = random.shuffled(rig.seam.events().slice(0, rig.plan.historyEvents)).slice(0, 40)
      const usable = history.filter(
        ({ event_id: id }) => isUuid(id) && !rig.ledger.planted.onlyForAudit.has(id),
      )
      await Promise.all(usable.map((event) => sendDelivery(rig, event)))
    },
  },
  {
    ...webhooks('replayed-outside-the-tolerance', 'I1', {}),
    begin: async (rig) => {
      const events = rig.seam.add(Array.from({ length: 10 }, () => ({})))
      for (const { event_id: id } of events) rig.ledger.planted.neverByWebhook.add(id)
      await refused(rig, events, (i) => ({
        signedAt: new Date(Date.now() + (i % 2 === 0 ? -TEN_MINUTES_MS : TEN_MINUTES_MS)),
      }))
    },
  },
  {
    ...webhooks('forged', 'I1', {}),
    begin: async (rig) => {
      const [like] = rig.seam.events()
      const events = Array.from({ length: 10 }, () => ({ ...like, event_id: crypto.randomUUID() }))
      for (const { event_id: id } of events) rig.ledger.planted.forged.add(id)
      await refused(rig, events, () => ({ secret: STRANGERS_SECRET }))
    },
  },
]

function webhooks(name: string, threatens: string, changed: Partial<Faults>): Fault {
  return {
    name: `webhooks.${name}`,
    lane: 'webhooks',
    threatens,
    lasts: [300, 1200],
    begin: async ({ seam }) => seam.setFaults(changed),
    end: async ({ seam, calmFaults }) => {
      const calm = Object.keys(changed).map((key) => [key, calmFaults[key as keyof Faults]])
      seam.setFaults(Object.fromEntries(calm) as Partial<Faults>)
    },
  }
}

type Signing = Parameters<typeof sendDelivery>[2]

async function refused(
  rig: Rig,
  events: readonly Record<string, unknown>[],
  signing: (i: number) => Signing,
): Promise<void> {
  const statuses = await Promise.all(events.map((event, i) => sendDelivery(rig, event, signing(i))))
  for (const status of statuses) {
    if (isTaken(status)) rig.findings.add('I1', `a delivery that must be refused was answered ${status}`)
  }
}
