import { invalidInput, Refusal, success } from './answer.ts'
import type { Answer } from './answer.ts'
import type { ParamKinds, Params } from './params.ts'
import type { Upstream } from './upstream.ts'

export const getClientSessionKinds: ParamKinds = {
  client_session_id: { type: 'uuid' },
  user_identifier_key: { type: 'string' },
}

/** `/client_sessions/get`: the newest session that has the given values (contract, section 8.2). */
export function getClientSession(params: Params, upstream: Upstream): Answer {
  const { client_session_id: id, user_identifier_key: key } = params
  if (id === undefined && key === undefined) {
    throw invalidInput([{ message: 'Must specify either client_session_id or user_identifier_key' }])
  }
  const found = upstream.hotel.clientSessions.findLast(
    (session) =>
      (id === undefined || session.client_session_id === id) &&
      (key === undefined || session.user_identifier_key === key),
  )
  if (!found) throw new Refusal(404, 'client_session_not_found', 'Client session not found')
  return success('client_session', found)
}
