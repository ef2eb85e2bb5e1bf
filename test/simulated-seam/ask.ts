import { onTestFinished } from 'vitest'

import { startSimulatedSeam } from '../../src/simulated-seam/start-simulated-seam.ts'
import type {
  SeamEvent,
  SimulatedSeam,
  SimulatedSeamOptions,
} from '../../src/simulated-seam/start-simulated-seam.ts'

/** A simulated Seam that lives as long as the test. */
export async function startSeam(options?: SimulatedSeamOptions): Promise<SimulatedSeam> {
  const seam = await startSimulatedSeam(options)
  onTestFinished(() => seam.stop())
  return seam
}

export interface Reply {
  status: number
  headers: Headers
  // What the API sent; tests look into it freely.
  body: Record<string, unknown>
}

/** POSTs the parameters as JSON with the API key. */
export async function ask(
  seam: SimulatedSeam,
  path: string,
  params: Record<string, unknown> = {},
  headers: Record<string, string> = { authorization: `Bearer ${seam.apiKey}` },
): Promise<Reply> {
  const response = await fetch(seam.url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(params),
  })
  return readReply(response)
}

/** GETs a path with a query, with the API key. */
export async function askByGet(seam: SimulatedSeam, pathAndQuery: string): Promise<Reply> {
  const response = await fetch(seam.url + pathAndQuery, {
    headers: { authorization: `Bearer ${seam.apiKey}` },
  })
  return readReply(response)
}

/** The events of one page; throws unless it was answered 200. */
export async function list(seam: SimulatedSeam, params: Record<string, unknown> = {}): Promise<SeamEvent[]> {
  const all = params.between === undefined ? { since: '2000-01-01T00:00:00Z' } : {}
  const { status, body } = await ask(seam, '/events/list', { ...all, ...params })
  if (status !== 200) throw new Error(`events/list answered ${status}: ${JSON.stringify(body)}`)
  return body.events as SeamEvent[]
}

export function ids(events: readonly SeamEvent[]): string[] {
  return events.map((event) => event.event_id)
}

/** The instant so many milliseconds after a fixed one. */
export function at(milliseconds: number): string {
  return new Date(Date.parse('2025-06-15T16:54:17.000Z') + milliseconds).toISOString()
}

async function readReply(response: Response): Promise<Reply> {
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  }
}
