import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import { setTimeout } from 'node:timers/promises'
import { createKey } from '../../../src/access/key-format.ts'
import { LOOPS, type ReaderTask } from './kinds.ts'

const DAY_MS = 86_400_000
const SINCE_1970 = 'since=1970-01-01T00:00:00Z'
/** 25,000 ids, which have a megabyte. Only 25 of them differ, so that they are made quickly. */
const MANY_IDS = Array.from({ length: 25 }, () => randomUUID()).flatMap((id) =>
  Array.from({ length: 1000 }, () => id),
)

type Kind = keyof typeof LOOPS

interface LoopRequest {
  method?: string
  path: string
  headers?: Record<string, string>
  body?: string
}

const REQUESTS: Record<Kind, (key: string, turn: number) => LoopRequest> = {
  readyz: () => ({ path: '/readyz' }),
  'costly-queries': (key, turn) => ({ ...costly(turn), headers: authorized(key) }),
  'long-numbers': (key) => ({
    path: `/events/list?${SINCE_1970}&limit=${'9'.repeat(60_000)}x`,
    headers: authorized(key),
  }),
  'random-keys': () => ({
    path: `/events/list?${SINCE_1970}`,
    headers: authorized(createKey('api_key').key),
  }),
  preflights: () => ({
    method: 'OPTIONS',
    path: '/events/list',
    headers: {
      origin: 'https://dashboard.example.com',
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'authorization',
    },
  }),
}

function costly(turn: number): LoopRequest {
  const body = JSON.stringify({ since: '1970-01-01T00:00:00Z', event_ids: MANY_IDS })
  const from = new Date(Date.now() - 31 * DAY_MS + 60_000).toISOString()
  const requests: LoopRequest[] = [
    { method: 'POST', path: '/events/list', body },
    { path: `/v1/coverage?since=${from}` },
    { path: `/events/list?${SINCE_1970}&limit=1000&unstable_offset=1500` },
  ]
  return requests[turn % requests.length] ?? { path: '/' }
}

function authorized(key: string) {
  return { authorization: `Bearer ${key}` }
}

/** Never ends. */
export async function runLoops(kind: Kind, { urls, key }: ReaderTask): Promise<void> {
  const { connections } = LOOPS[kind]
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  const loop = async (number: number) => {
    for (let turn = number; ; turn++) {
      const url = urls[number % urls.length] ?? ''
      const isAnswered = await ask(url, REQUESTS[kind](key, turn), agent)
      if (!isAnswered) await setTimeout(50)
    }
  }
  await Promise.all(Array.from({ length: connections }, (_, number) => loop(number)))
}

function ask(url: string, { path, body, ...options }: LoopRequest, agent: Agent): Promise<boolean> {
  return new Promise((resolve) => {
    const headers = { ...options.headers, ...(body !== undefined && { 'content-type': 'application/json' }) }
    const sent = request(`${url}${path}`, { ...options, headers, agent }, (answer) => {
      answer.on('error', () => resolve(false))
      answer.on('end', () => resolve(true))
      answer.resume()
    })
    sent.on('error', () => resolve(false))
    sent.on('close', () => resolve(false))
    sent.end(body)
  })
}
