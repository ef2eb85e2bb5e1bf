import { setTimeout } from 'node:timers/promises'
import path from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Fault } from '../fault.ts'
import { MIRROR_API_KEY } from '../keys.ts'
import type { Rig } from '../rig.ts'
import { LOOPS, type ReaderKind, type ReaderTask, SOCKETS } from '../readers/kinds.ts'

const WORKER = path.join(import.meta.dirname, '../readers/reader-worker.ts')
const ASK_EVERY_MS = 100
/** With fewer answers to deliveries, or to another caller, nothing is concluded. */
const ENOUGH_TAKEN = 20
const ENOUGH_ASKED = 6

/** Faults in which readers ask for more than their share while webhooks arrive. */
export const READER_FAULTS: readonly Fault[] = Object.entries({ ...LOOPS, ...SOCKETS }).map(
  ([kind, { threatens }]) => readers(kind as ReaderKind, threatens),
)

interface Crowd {
  worker: Worker
  isOver: boolean
  /** The answers to another caller, who asks for little. */
  asked: number[]
  asking: Promise<void>
  before: Answers
}

/** The answers to webhooks so far, and the state of the service. */
interface Answers {
  taken: number
  busy: number
  /** How many troubles have ended so far; null while there is one. */
  wellSince: number | null
}

function readers(kind: ReaderKind, threatens: string): Fault {
  const crowds = new WeakMap<Rig, Crowd>()
  return {
    name: `readers.${kind}`,
    lane: 'readers',
    threatens,
    lasts: [1200, 3000],
    begin: async (rig) => {
      const urls = rig.replicas.filter(({ isServing }) => isServing).map(({ url }) => url)
      if (urls.length === 0) return false
      const task: ReaderTask = { kind, urls, key: rig.readerKey }
      const worker = new Worker(WORKER, { workerData: task })
      worker.on('error', (error) => rig.findings.add('lab', `readers.${kind}: ${String(error)}`))
      const crowd: Crowd = {
        worker,
        isOver: false,
        asked: [],
        asking: Promise.resolve(),
        before: answersOf(rig),
      }
      crowd.asking = askBeside(crowd, urls)
      crowds.set(rig, crowd)
      return true
    },
    end: async (rig) => {
      const crowd = crowds.get(rig)
      if (crowd === undefined) return
      crowd.isOver = true
      judge(rig, kind, crowd, answersOf(rig))
      await crowd.worker.terminate()
      await crowd.asking
    },
  }
}

async function askBeside(crowd: Crowd, urls: readonly string[]): Promise<void> {
  for (let turn = 0; !crowd.isOver; turn++) {
    const url = urls[turn % urls.length]
    const status = await fetch(`${url}/events/list?since=1970-01-01T00:00:00Z&limit=10`, {
      headers: { authorization: `Bearer ${MIRROR_API_KEY}` },
      signal: AbortSignal.timeout(60_000),
    }).then(
      (answer) => answer.status,
      () => 0,
    )
    crowd.asked.push(status)
    await setTimeout(ASK_EVERY_MS)
  }
}

function answersOf({ ledger, replicas, troubles }: Rig): Answers {
  const statuses = ledger.statuses()
  const isWell = troubles.on === 0 && replicas.every(({ isServing }) => isServing)
  return {
    taken: statuses.get(204) ?? 0,
    busy: statuses.get(503) ?? 0,
    wellSince: isWell ? troubles.begun : null,
  }
}

/** Checks that deliveries and other callers are answered, whatever some readers do. Only a period without other trouble counts. */
function judge(rig: Rig, kind: string, { before, asked }: Crowd, after: Answers): void {
  const { findings, vitals } = rig
  if (before.wellSince === null || before.wellSince !== after.wellSince) return
  const [taken, busy] = [after.taken - before.taken, after.busy - before.busy]
  vitals.beside(taken, busy, asked)
  if (taken + busy >= ENOUGH_TAKEN && busy > taken)
    findings.add('I12', `beside readers.${kind}, ${busy} of ${taken + busy} deliveries were answered 503`)
  const refused = asked.filter((status) => status !== 200).length
  if (asked.length >= ENOUGH_ASKED && refused * 2 > asked.length)
    findings.add(
      'I12',
      `beside readers.${kind}, another caller was refused ${refused} of ${asked.length} answers`,
    )
}
