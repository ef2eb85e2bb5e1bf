import type { Router } from 'express'
import { ApiError } from '../../http/api-error.ts'
import { defineParams } from '../../http/read-params.ts'
import { getWorkspace } from '../../store/workspaces/get-workspace.ts'
import type { SessionRoutesOptions } from '../client-sessions/session-routes-options.ts'

/** `/workspaces/get` (contract 9): the caller's workspace as Seam describes it. Every kind of credential may ask. */
export function getWorkspaceRoute({
  db,
  route,
}: Omit<SessionRoutesOptions, 'secrets' | 'pageCursors'>): Router {
  return route({
    path: '/workspaces/get',
    methods: ['GET', 'POST'],
    readParams: defineParams({}),
    answer: async (_params, { workspaceId }) => {
      const workspace = await getWorkspace(db, workspaceId)
      if (workspace === null) throw new ApiError(404, 'workspace_not_found', 'Workspace not found')
      return `{"workspace":${workspace.body ?? plainWorkspace(workspaceId, workspace.name)},"ok":true}`
    },
  })
}

/**
 * The required fields of a workspace that Seam was never asked about (webhooks only, no credentials): its name in our configuration, and
 * for the rest the value that claims least.
 */
function plainWorkspace(workspaceId: string, name: string): string {
  return JSON.stringify({
    workspace_id: workspaceId,
    name,
    company_name: name,
    connect_partner_name: null,
    is_sandbox: false,
    is_suspended: false,
    is_publishable_key_auth_enabled: false,
    connect_webview_customization: {},
    organization_id: null,
  })
}
