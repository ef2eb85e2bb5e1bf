import { invalidInput } from './answer.ts'
import type { Answer } from './answer.ts'
import { badItems } from './bad-items.ts'
import { eventFilterKinds, eventMatcher } from './event-filters.ts'
import { parseInstant } from './instant.ts'
import type { Issue, ParamKinds, Params } from './params.ts'
import { selectPage } from './select-page.ts'
import type { PageQuery } from './select-page.ts'
import type { Upstream } from './upstream.ts'

/** The 28 parameters (contract, section 6.1). */
export const listEventsKinds: ParamKinds = {
  since: { type: 'timestamp' },
  between: { type: 'timestamp', list: true, minItems: 2, maxItems: 2 },
  limit: { type: 'number' },
  unstable_offset: { type: 'number' },
  ...eventFilterKinds,
}

const defaultLimit = 500

/** `/events/list`: one page, without a cursor (contract, sections 6.2 to 6.4). */
export function listEvents(params: Params, upstream: Upstream): Answer {
  const issues = together(params)
  if (issues.length > 0) throw invalidInput(issues)
  const faults = upstream.faults()
  const serverNow = upstream.serverNow()
  const matches = eventMatcher(params)
  const query: PageQuery = {
    ...boundsOf(params),
    limit: typeof params.limit === 'number' ? params.limit : defaultLimit,
    offset: typeof params.unstable_offset === 'number' ? params.unstable_offset : 0,
    matches: (stored) => stored.visibleAtMs <= serverNow && matches(stored.event),
  }
  const page = selectPage(upstream.store.all(), query, faults, upstream.random)
  const items = page.map((stored) => stored.text)
  if (items.length > 0 && upstream.random.chance(faults.badItemRate)) {
    const position = upstream.random.integer(0, items.length)
    items.splice(position, 0, upstream.random.pick(badItems(upstream.workspaceId)))
  }
  return { status: 200, body: `{"events":[${items.join(',')}],"ok":true}` }
}

function boundsOf(params: Params): Pick<PageQuery, 'lower' | 'upper'> {
  if (typeof params.since === 'string') return { lower: parseInstant(params.since) }
  const [lower, upper] = (params.between as string[]).map(parseInstant)
  return { lower, upper }
}

/** Checks the rules about several parameters together. The messages are Seam's (contract, section 6.2). */
function together(params: Params): Issue[] {
  const { since, between, limit, unstable_offset: offset } = params
  if (since === undefined && between === undefined)
    return [{ message: 'Must specify either since or between' }]
  if (since !== undefined && between !== undefined)
    return [{ message: 'Cannot specify both since and between' }]
  const issues: Issue[] = []
  if (Array.isArray(between)) {
    const [lower = 0, upper = 0] = between.map((text) => parseInstant(String(text)))
    if (upper <= lower)
      issues.push({ param: 'between', message: 'second value must be greater than first value' })
  }
  // Seam publishes nothing about such limits. Refusing them exposes a client that asks for one (contract, section 6.3).
  if (typeof limit === 'number' && !(Number.isInteger(limit) && limit >= 1)) {
    issues.push({ param: 'limit', message: 'Must be a positive integer' })
  }
  if (typeof offset === 'number' && !(Number.isInteger(offset) && offset >= 0)) {
    issues.push({ param: 'unstable_offset', message: 'Must be a non-negative integer' })
  }
  return issues
}
