import { invalidInput, Refusal, success } from './answer.ts'
import type { Answer } from './answer.ts'
import { type ThingList, thingLists } from './listed-things.ts'
import type { ParamKinds, Params } from './params.ts'
import type { Upstream } from './upstream.ts'

interface ThingRoute {
  kinds: ParamKinds
  answer: (params: Params, upstream: Upstream) => Answer
}

const defaultLimit = 500

/** `/list` and `/get` of everything that has a name (contract, section 11). */
export const thingRoutes: readonly (readonly [string, ThingRoute])[] = thingLists.flatMap((list) => [
  [
    `${list.path}/list`,
    {
      kinds: list.isPaged
        ? { limit: { type: 'number' }, page_cursor: { type: 'string', nullable: true } }
        : {},
      answer: (params, upstream) => listThings(list, params, upstream),
    },
  ] as const,
  [
    `${list.path}/get`,
    {
      kinds: { [`${list.one}_id`]: { type: 'uuid' } },
      answer: (params, upstream) => getThing(list, params, upstream),
    },
  ] as const,
])

function listThings({ path, many, isPaged, things }: ThingList, params: Params, upstream: Upstream): Answer {
  const all = things(upstream.hotel)
  if (!isPaged) return success(many, all)
  const from = firstOf(path, params.page_cursor)
  const asked = typeof params.limit === 'number' ? params.limit : defaultLimit
  const next = from + Math.min(asked, upstream.faults().listPageCap)
  const hasNext = next < all.length
  const pagination = {
    has_next_page: hasNext,
    next_page_cursor: hasNext ? cursorOf(path, next) : null,
    next_page_url: null,
  }
  return { status: 200, body: JSON.stringify({ [many]: all.slice(from, next), pagination, ok: true }) }
}

function getThing({ one, things }: ThingList, params: Params, upstream: Upstream): Answer {
  const field = `${one}_id`
  if (params[field] === undefined) throw invalidInput([{ param: field, message: 'Required' }])
  const found = things(upstream.hotel).find((thing) => thing[field] === params[field])
  if (!found) throw new Refusal(404, `${one}_not_found`, 'Not found')
  return success(one, found)
}

function cursorOf(path: string, from: number): string {
  return Buffer.from(JSON.stringify([path, from])).toString('base64')
}

function firstOf(path: string, cursor: unknown): number {
  if (typeof cursor !== 'string') return 0
  const [owner, from] = JSON.parse(Buffer.from(cursor, 'base64').toString()) as [string, number]
  if (owner !== path)
    throw invalidInput([{ param: 'page_cursor', message: 'The cursor belongs to another query' }])
  return from
}
