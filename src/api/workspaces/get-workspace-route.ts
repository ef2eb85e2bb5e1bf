import { ApiError } from '../../http/api-error.ts'
import { defineParams } from '../../http/read-params.ts'
import { type TextRoute, textRoute } from '../../http/route.ts'
import type { Db } from '../../store/database.ts'
import { getWorkspace } from '../../store/workspaces/get-workspace.ts'

/** `/workspaces/get` (contract 9): the caller's workspace as Seam describes it. Every kind of credential may ask. */
export function getWorkspaceRoute({ db }: { db: Db }): TextRoute {
  return textRoute({
    path: '/workspaces/get',
    methods: ['GET', 'POST'],
    summary: 'the workspace behind the key, without its publishable key',
    takes: { key: null, client_session: null },
    params: defineParams({}),
    answer: async (_params, { caller: { workspaceId } }) => {
      const workspace = await getWorkspace(db, workspaceId)
      if (workspace === null) throw new ApiError(404, 'workspace_not_found', 'Workspace not found')
      const body = workspace.body ?? plainWorkspace(workspaceId, workspace.name)
      return { text: `{"workspace":${body},"ok":true}` }
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
