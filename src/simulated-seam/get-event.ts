import { invalidInput, Refusal, success } from './answer.ts'
import type { Answer } from './answer.ts'
import type { ParamKinds, Params } from './params.ts'
import type { Upstream } from './upstream.ts'

export const getEventKinds: ParamKinds = {
  event_id: { type: 'uuid' },
  event_type: { type: 'string' },
  device_id: { type: 'uuid' },
}

/** `/events/get`: the newest listed event that has all given values (contract, section 7, leaves open which one). */
export function getEvent(params: Params, upstream: Upstream): Answer {
  const wanted = Object.keys(getEventKinds).filter((name) => params[name] !== undefined)
  if (wanted.length === 0) {
    throw invalidInput([{ message: 'An argument for event_id, event_type, or device_id is required' }])
  }
  const byId = typeof params.event_id === 'string' ? upstream.store.byId(params.event_id) : undefined
  const candidates = params.event_id === undefined ? upstream.store.all() : byId ? [byId] : []
  const serverNow = upstream.serverNow()
  const found = candidates.findLast(
    (stored) =>
      stored.visibleAtMs <= serverNow && wanted.every((name) => stored.event[name] === params[name]),
  )
  if (!found) throw new Refusal(404, 'event_not_found', 'Event not found')
  return success('event', found.event)
}
