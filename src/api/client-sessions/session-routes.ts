import express, { type Router } from 'express'
import { getSessionRoute } from './get-session-route.ts'
import { getWorkspaceRoute } from '../workspaces/get-workspace-route.ts'
import { listSessionsRoute } from './list-sessions-route.ts'
import type { SessionRoutesOptions } from './session-routes-options.ts'

/** The endpoints that read client sessions and the workspace, in Seam's own wire format. */
export function sessionRoutes(options: SessionRoutesOptions): Router {
  return express
    .Router()
    .use(listSessionsRoute(options), getSessionRoute(options), getWorkspaceRoute(options))
}
