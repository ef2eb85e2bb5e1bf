import type { SeamEvent } from '../../../src/simulated-seam/start-simulated-seam.ts'
import type { Rig } from '../rig.ts'

interface Page {
  events: { event_id: string }[]
  pagination: { next_page_cursor: string | null }
}

/** Checks that all pages of `/events/list` together have every stored event once, and with its secrets exactly as it was sent (I7). */
export async function checkServed(
  rig: Rig,
  upstream: readonly SeamEvent[],
  stored: ReadonlyMap<string, unknown>,
): Promise<void> {
  const { findings, plan, ledger } = rig
  const served = await allPages(rig)
  if (served === null) return
  const missing = [...stored.keys()].filter((id) => !served.has(id))
  for (const id of missing) findings.add('I7', `event ${id} is stored, and no page of /events/list has it`)
  if (!plan.traits.some(({ name }) => name === 'secrets-kept')) return
  for (const event of upstream) {
    const text = served.get(event.event_id)
    const others = [event, ledger.planted.otherBodies.get(event.event_id)].map((body) => JSON.stringify(body))
    if (text !== undefined && !others.includes(text))
      findings.add('I7', `event ${event.event_id} is not served as it came: ${text.slice(0, 300)}`)
  }
}

/** Reads all pages: the events' JSON by id. Null when a page could not be read. */
async function allPages({ replicas, readerKey, findings }: Rig): Promise<Map<string, string> | null> {
  const served = new Map<string, string>()
  let cursor: string | null = null
  do {
    const response = await fetch(`${replicas[0]?.url}/events/list`, {
      method: 'POST',
      headers: { authorization: `Bearer ${readerKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ since: '0001-01-01T00:00:00Z', limit: 1000, page_cursor: cursor }),
    })
    if (!response.ok) {
      findings.add('I7', `a page of /events/list was answered ${response.status}: ${await response.text()}`)
      return null
    }
    const page = (await response.json()) as Page
    for (const event of page.events) {
      if (served.has(event.event_id))
        findings.add('I8', `event ${event.event_id} is on two pages of /events/list`)
      served.set(event.event_id, JSON.stringify(event))
    }
    cursor = page.pagination.next_page_cursor
  } while (cursor !== null)
  return served
}
