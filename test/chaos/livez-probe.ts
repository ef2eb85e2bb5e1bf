import { Agent, get } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { parentPort } from 'node:worker_threads'
import { PATIENCE_MS } from './until.ts'

/** Which process to ask from now on. With `url` null, none is asked. */
export interface ProbeTask {
  name: string
  url: string | null
}

/** The longest time that a process has taken to answer so far. */
export interface ProbeReport {
  name: string
  tookMs: number
  isAnswered: boolean
}

const EVERY_MS = 20

/** This thread does nothing but ask, so that it measures the service and not the laboratory. */
const agent = new Agent({ keepAlive: true })
/** The current task of each process, by name. Each task is a new object, so that an answer to an earlier task is recognised. */
const tasks = new Map<string, ProbeTask>()
let longestMs = 0

parentPort?.on('message', (task: ProbeTask) => {
  tasks.set(task.name, task)
  void probe(task)
})

async function probe(task: ProbeTask): Promise<void> {
  const isCurrent = () => task.url !== null && tasks.get(task.name) === task
  while (isCurrent()) {
    const askedAt = performance.now()
    const outcome = await ask(`${task.url}/livez`)
    const tookMs = performance.now() - askedAt
    const isAnswered = outcome === 'answered'
    if (isCurrent() && outcome !== 'failed' && tookMs > longestMs) {
      longestMs = tookMs
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
      parentPort?.postMessage({ name: task.name, tookMs, isAnswered } satisfies ProbeReport)
    }
    await setTimeout(EVERY_MS)
  }
}

/** `failed` means that there was no connection or that it broke, because the process is not up yet or has ended. */
function ask(url: string): Promise<'answered' | 'silent' | 'failed'> {
  return new Promise((resolve) => {
    const request = get(url, { agent }, (answer) => {
      answer.resume()
      answer.on('error', () => resolve('failed'))
      answer.on('end', () => resolve('answered'))
    })
    request.setTimeout(PATIENCE_MS, () => {
      resolve('silent')
      request.destroy()
    })
    request.on('error', () => resolve('failed'))
  })
}
