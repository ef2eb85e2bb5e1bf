import { setTimeout } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import type { Replica } from '../replica.ts'
import type { Rig } from '../rig.ts'
import { until } from '../until.ts'

/** Faults of the service's processes. */
export const PROCESS_FAULTS: readonly Fault[] = [
  {
    ...processes('killed', 'I1, I4'),
    weight: 3,
    lasts: [50, 400],
    begin: async (rig, random) => killOne(rig, random.pick(rig.replicas)),
    end: async (rig) => startAll(rig),
  },
  {
    ...processes('killed-while-storing-a-page', 'I4'),
    weight: 2,
    lasts: [50, 300],
    begin: async (rig) => {
      await answerUnderWay(rig)
      const holder = await rig.leaseHolder()
      return holder !== null && killOne(rig, holder)
    },
    end: async (rig) => startAll(rig),
  },
  {
    ...processes('all-killed', 'I1, I4'),
    lasts: [50, 400],
    begin: async (rig) => void (await Promise.all(rig.replicas.map((replica) => killOne(rig, replica)))),
    end: async (rig) => startAll(rig),
  },
  {
    ...processes('killed-again-and-again', 'I1, I4'),
    lasts: [100, 200],
    begin: async (rig, random) => {
      for (let i = 0; i < 3; i++) {
        const replica = random.pick(rig.replicas)
        await killOne(rig, replica)
        replica.start()
        await setTimeout(random.integer(100, 600))
      }
    },
    end: async (rig) => startAll(rig),
  },
  {
    ...processes('terminated', 'I14'),
    weight: 2,
    lasts: [50, 300],
    begin: async (rig, random) => random.pick(rig.replicas).terminate(),
    end: async (rig) => startAll(rig),
  },
  {
    ...processes('paused', 'I1, I13'),
    lasts: [300, 900],
    begin: async (rig, random) => random.pick(rig.replicas).pause(),
    end: async (rig) => resumeAll(rig),
  },
  {
    ...processes('poller-paused-while-another-takes-over', 'I13'),
    weight: 3,
    replicas: 2,
    lasts: [100, 500],
    begin: async (rig) => {
      // Answers are slow, so the process is stopped while a page is on its way that it still has to store.
      rig.seam.setFaults({ slowRate: 1, slowMs: 250 })
      const isUnderWay = await until(() => isAsking(rig), 1500, 2)
      const holder = await rig.leaseHolder()
      const isPaused = isUnderWay && holder !== null && holder.isServing
      if (isPaused) {
        holder.pause()
        // This has the same effect as a wait of 30 seconds.
        await rig.expireLease()
      }
      const { slowRate, slowMs } = rig.calmFaults
      rig.seam.setFaults({ slowRate, slowMs })
      return isPaused && until(async () => isOther(await rig.leaseHolder(), holder), 2500)
    },
    end: async (rig) => resumeAll(rig),
  },
  {
    ...processes('lease-expired-under-its-holder', 'I13'),
    replicas: 2,
    lasts: [100, 300],
    begin: async (rig) => rig.expireLease(),
    end: async () => {},
  },
  {
    ...processes('started-while-postgres-is-away', 'I14'),
    lasts: [500, 1200],
    begin: async (rig, random) => {
      const replica = random.pick(rig.replicas)
      await killOne(rig, replica)
      await rig.proxyOf(replica).refuse('start')
      rig.databaseTroubles += 1
      replica.start()
    },
    end: async (rig) => {
      await Promise.all(rig.replicas.map((replica) => rig.proxyOf(replica).allow('start')))
      rig.databaseTroubles -= 1
      startAll(rig)
    },
  },
]

function processes(name: string, threatens: string) {
  return { name: `processes.${name}`, lane: 'processes', threatens } as const
}

/** Kills the process, lets its lease expire, and checks at once that everything it had acknowledged is stored. */
async function killOne(rig: Rig, replica: Replica): Promise<boolean> {
  if (!replica.isRunning) return false
  const { app } = replica
  await replica.kill()
  await rig.watch.sampleNow()
  await rig.expireLease(app)
  return true
}

function startAll(rig: Rig): void {
  for (const replica of rig.replicas) replica.start()
}

function isOther(holder: Replica | null, before: Replica): boolean {
  return holder !== null && holder !== before
}

function resumeAll(rig: Rig): void {
  for (const replica of rig.replicas) replica.resume()
}

/** Whether a request for a page of events has no answer yet. */
function isAsking(rig: Rig): boolean {
  const last = rig.seam.requests().findLast(({ path }) => path === '/events/list')
  return last?.status === 0
}

/** Waits for the answer to a page. The service stores the page right after it. */
async function answerUnderWay(rig: Rig): Promise<void> {
  const isPage = ({ path, status }: { path: string; status: number }) =>
    path === '/events/list' && status === 200
  const before = rig.seam.requests().findLast(isPage)
  await until(() => rig.seam.requests().findLast(isPage) !== before, 1500, 1)
}
