import type { Answer } from './answer.ts'
import { getClientSession, getClientSessionKinds } from './get-client-session.ts'
import { getEvent, getEventKinds } from './get-event.ts'
import { getWorkspace } from './get-workspace.ts'
import { listClientSessions, listClientSessionsKinds } from './list-client-sessions.ts'
import { listEvents, listEventsKinds } from './list-events.ts'
import type { ParamKinds, Params } from './params.ts'
import { thingRoutes } from './thing-routes.ts'
import type { Upstream } from './upstream.ts'

export interface Route {
  kinds: ParamKinds
  answer: (params: Params, upstream: Upstream) => Answer
}

/** The API's routes. Each takes GET and POST (contract, section 2.2). */
export const routes: ReadonlyMap<string, Route> = new Map<string, Route>([
  ['/events/list', { kinds: listEventsKinds, answer: listEvents }],
  ['/events/get', { kinds: getEventKinds, answer: getEvent }],
  ['/workspaces/get', { kinds: {}, answer: getWorkspace }],
  ['/client_sessions/list', { kinds: listClientSessionsKinds, answer: listClientSessions }],
  ['/client_sessions/get', { kinds: getClientSessionKinds, answer: getClientSession }],
  ...thingRoutes,
])
