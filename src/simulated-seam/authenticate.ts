import type { IncomingHttpHeaders } from 'node:http'

import { Refusal } from './answer.ts'
import type { Upstream } from './upstream.ts'

/** Accepts the API key, or the personal access token together with `seam-workspace` (contract, section 3). */
export function authenticate(headers: IncomingHttpHeaders, upstream: Upstream): void {
  const credential = /^bearer\s+(\S.*)$/i.exec(headers.authorization ?? '')?.[1]
  const unauthorized = new Refusal(401, 'unauthorized', 'Invalid or missing credentials')
  if (credential === undefined || upstream.faults().rejectCredentials) throw unauthorized
  if (credential === upstream.apiKey) return
  if (credential !== upstream.personalAccessToken) throw unauthorized
  const workspace = headers['seam-workspace']
  if (workspace === undefined) {
    throw new Refusal(400, 'missing_workspace_id', 'A personal access token needs the seam-workspace header')
  }
  if (workspace !== upstream.workspaceId) throw new Refusal(401, 'workspace_not_found', 'Workspace not found')
}
