import { setTimeout } from 'node:timers/promises'
import type { Random } from '../../../src/simulated-seam/random.ts'
import type { Fault } from '../fault.ts'
import { deliver } from '../../support/sign-delivery.ts'
import { OLD_SECRET } from '../keys.ts'
import { MAX_DELIVERY_BYTES } from '../../../src/receiver/webhook-route.ts'
import type { Rig } from '../rig.ts'
import { until } from '../until.ts'

/** Faults of Postgres, and of the network in front of it. */
export const POSTGRES_FAULTS: readonly Fault[] = [
  restarted('fast'),
  restarted('immediate'),
  {
    ...postgres('unreachable', 'I1, I4'),
    lasts: [300, 1500],
    begin: async (rig, random) => {
      rig.databaseTroubles += 1
      await Promise.all(someReplicas(rig, random).map((replica) => rig.proxyOf(replica).refuse('network')))
    },
    end: async (rig) => {
      await Promise.all(rig.replicas.map((replica) => rig.proxyOf(replica).allow('network')))
      rig.databaseTroubles -= 1
    },
  },
  {
    ...postgres('network-silent', 'I1, I4, I12'),
    weight: 2,
    lasts: [400, 2000],
    begin: async (rig, random) => {
      rig.databaseTroubles += 1
      for (const replica of someReplicas(rig, random)) rig.proxyOf(replica).silence()
    },
    end: async (rig, random) => {
      const how = random.pick(['deliver', 'break'] as const)
      for (const replica of rig.replicas) rig.proxyOf(replica).endSilence(how)
      rig.databaseTroubles -= 1
    },
  },
  {
    ...postgres('connections-cut-one-by-one', 'I1, I4'),
    ...repeated(40, async (rig, random) => {
      rig.proxyOf(random.pick(rig.replicas)).cutOne(random)
    }),
  },
  {
    ...postgres('backends-terminated-one-by-one', 'I1, I4'),
    ...repeated(40, async (rig) => {
      await rig.sql(
        `select pg_terminate_backend(pid) from (
           select pid from pg_stat_activity where application_name like 'replica-%' and datname = current_database()
           order by random() limit 1) as one`,
      )
    }),
  },
  trouble('disk-full', '53100', 1),
  trouble('disk-nearly-full', '53100', 0.3),
  { ...trouble('deadlocks-reported', '40P01', 0.5), weight: 3 },
  trouble('serialization-failures', '40001', 0.35),
  {
    ...postgres('read-only', 'I1, I4'),
    lasts: [300, 1000],
    begin: async (rig) => {
      rig.databaseTroubles += 1
      await rig.setReadOnly(true)
    },
    end: async (rig) => {
      await rig.setReadOnly(false)
      rig.databaseTroubles -= 1
    },
  },
  {
    ...postgres('rows-locked-the-other-way-round', 'I1, I3, I4'),
    ...repeated(20, lockBackwards),
  },
  {
    ...postgres('migration-under-way', 'I1, I8'),
    lasts: [700, 1600],
    begin: async (rig) => {
      rig.migrations += 1
      const { migrations } = rig
      rig.migration = rig.hold([
        'lock table events in access exclusive mode',
        `alter table events add column chaos_${migrations} text`,
      ])
    },
    end: async (rig) => {
      const held = await rig.migration
      await held?.commit()
    },
  },
]

function postgres(name: string, threatens: string) {
  return { name: `postgres.${name}`, lane: 'postgres', threatens } as const
}

function restarted(mode: 'fast' | 'immediate'): Fault {
  return {
    ...postgres(`restarted-${mode}`, 'I1, I4, I8'),
    lasts: [50, 100],
    begin: async (rig) => {
      rig.databaseTroubles += 1
      await rig.postgres.restart(mode)
      rig.ledger.verifyAllAgain()
    },
    end: async (rig) => {
      rig.databaseTroubles -= 1
    },
  }
}

/** Lets this share of the replicas' writing statements fail with this SQLSTATE. */
function trouble(name: string, sqlstate: string, rate: number): Fault {
  return {
    ...postgres(name, 'I1, I4'),
    lasts: [400, 1300],
    begin: async (rig) => {
      rig.databaseTroubles += 1
      await rig.sql('update chaos.trouble set sqlstate = $1, rate = $2', [sqlstate, rate])
    },
    end: async (rig) => {
      await rig.sql('update chaos.trouble set sqlstate = null, rate = 0')
      rig.databaseTroubles -= 1
    },
  }
}

/** Does something every `everyMs` while the fault lasts. */
function repeated(everyMs: number, act: (rig: Rig, random: Random) => Promise<void>) {
  const loops = new WeakMap<Rig, { isOver: boolean; ended: Promise<void> }>()
  return {
    lasts: [400, 1300] as const,
    begin: async (rig: Rig, random: Random) => {
      rig.databaseTroubles += 1
      const state = { isOver: false, ended: Promise.resolve() }
      const run = async () => {
        while (!state.isOver) {
          await act(rig, random)
          await setTimeout(everyMs)
        }
      }
      state.ended = run()
      state.ended.catch(() => {})
      loops.set(rig, state)
    },
    end: async (rig: Rig) => {
      const loop = loops.get(rig)
      if (loop !== undefined) loop.isOver = true
      await loop?.ended
      rig.databaseTroubles -= 1
    },
  }
}

/**
 * Makes a deadlock. It locks the last of some stored rows and lets late webhooks of their events arrive, which update the rows. When the
 * service has locked the other rows and waits for the last one, it asks for the others. The service has waited longer, so its session
 * checks for deadlocks first and is the one that is refused.
 */
async function lockBackwards(rig: Rig): Promise<void> {
  const rows = await rig.sql<{ id: string }>(
    'select event_id::text as id from events where webhook_at is null order by event_id desc limit 30',
  )
  const ids = rows.map(({ id }) => id).filter((id) => !rig.ledger.planted.neverByWebhook.has(id))
  const [last, ...others] = ids.map((id) => `select 1 from events where event_id = '${id}' for update`)
  const held = last === undefined ? null : await rig.hold([`set local deadlock_timeout = '5s'`, last])
  if (held === null) return
  const chosen = new Set(ids)
  // Seam does not send a webhook that is longer than the service takes: the answer would be 413.
  const late = rig.seam
    .events()
    .filter((event) => chosen.has(event.event_id) && JSON.stringify(event).length < MAX_DELIVERY_BYTES)
  const deliveries = late.map((event) => deliver(rig.balancer.url, event, { secret: OLD_SECRET }))
  if (await until(() => isServiceWaiting(rig), 700, 5)) for (const lock of others) await held.run(lock)
  await held.commit()
  await Promise.allSettled(deliveries)
}

async function isServiceWaiting({ sql }: Rig): Promise<boolean> {
  const waiting = await sql(
    `select 1 from pg_stat_activity
     where wait_event_type = 'Lock' and application_name like 'replica-%' and datname = current_database()`,
  )
  return waiting.length > 0
}

function someReplicas(rig: Rig, random: Random) {
  return random.chance(0.5) ? rig.replicas : [random.pick(rig.replicas)]
}
