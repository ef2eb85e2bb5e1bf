import type { Faults, Gateway } from '../../../src/simulated-seam/start-simulated-seam.ts'
import type { Fault } from '../fault.ts'
import { until } from '../until.ts'

const LONGER_THAN_A_SYNC_MS = 3000

/** Faults of the answers of Seam's API. */
export const ANSWER_FAULTS: readonly Fault[] = [
  answers('rate-limited', 'I5', { rateLimitRate: 0.6, retryAfter: null }),
  answers('rate-limited-with-retry-after', 'I5', { rateLimitRate: 0.6, retryAfter: '1' }),
  // The poller honours the wait up to 15 s, so it still sleeps when the fault ends, and is started again.
  answers('rate-limited-for-a-year', 'I5, I14', { rateLimitRate: 0.6, retryAfter: '31536000' }, true),
  answers('internal-error', 'I5', { errorRate: 0.6 }),
  answers('bad-gateway', 'I5', { badGatewayRate: 0.6 }),
  answers('unavailable', 'I5', { failNext: 3 }),
  answers('slow', 'I5, I6', { slowRate: 0.5, slowMs: 400 }),
  answers('slower-than-the-schedule', 'I5, I6', { slowRate: 0.8, slowMs: 1700 }),
  answers('reset', 'I5', { resetRate: 0.5 }),
  answers('truncated', 'I5', { truncateRate: 0.5 }),
  answers('invalid-json', 'I5', { invalidJsonRate: 0.5 }),
  answers('html', 'I5', { htmlRate: 0.5 }),
  answers('not-ok', 'F1, I5', instead('/events/list', { events: [], ok: false })),
  answers('events-without-ok', 'F1, I5', instead('/events/list', { events: [] })),
  answers(
    'empty-with-an-error',
    'F1, I5',
    instead('/events/list', { events: [], error: { type: 'x' }, ok: true }),
  ),
  {
    // Only one listing is empty, because a second empty one would be believed.
    ...answers('no-sessions-once', 'E9, I10', { gateway: null }),
    lasts: [0, 0],
    begin: async ({ seam, calmFaults, sql }) => {
      // Before the first listing no session is stored that could be lost.
      const isSynced = async () => (await sql('select 1 from client_sessions limit 1')).length > 0
      if (!(await until(isSynced, LONGER_THAN_A_SYNC_MS))) return false
      let isTold = false
      const gateway: Gateway = (request, answer) => {
        if (request.path !== '/client_sessions/list' || isTold)
          return calmFaults.gateway?.(request, answer) ?? answer
        isTold = true
        return { status: 200, body: '{"client_sessions":[],"ok":true}' }
      }
      seam.setFaults({ gateway })
      return until(() => isTold, LONGER_THAN_A_SYNC_MS)
    },
  },
  {
    ...answers('bad-items', 'I5, I11', { badItemRate: 0.5 }),
    // The simulated Seam does not count its bad item in offsets, which a real listing would do.
    excludes: ['instant-of-many', 'webhooks.burst'],
  },
  {
    ...answers('page-cap-changes', 'I5', {}),
    weight: 3,
    begin: async ({ seam }, random) => {
      seam.setFaults({ pageCap: () => random.pick([500, 230, 120, 60, 35]) })
    },
    end: async ({ seam, calmFaults }) => seam.setFaults({ pageCap: calmFaults.pageCap }),
  },
  // After a refusal the poller skips ticks. It is started again, so that the round need not wait.
  answers('credentials-revoked', 'I5', { rejectCredentials: true }, true),
]

/** Makes a fault that answers requests for this path with status 200 and this body. */
function instead(asked: string, body: unknown): Partial<Faults> {
  const answer = { status: 200, body: JSON.stringify(body) }
  return { gateway: ({ path }, otherwise) => (path === asked ? answer : otherwise) }
}

function answers(name: string, threatens: string, changed: Partial<Faults>, thenRestart = false): Fault {
  return {
    name: `answers.${name}`,
    lane: 'answers',
    threatens,
    lasts: [500, 1500],
    begin: async ({ seam }) => seam.setFaults(changed),
    end: async (rig) => {
      const calm = Object.keys(changed).map((key) => [key, rig.calmFaults[key as keyof Faults]])
      rig.seam.setFaults(Object.fromEntries(calm) as Partial<Faults>)
      if (thenRestart) rig.restartAtEnd = true
    },
  }
}
