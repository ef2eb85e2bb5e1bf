import { success } from './answer.ts'
import type { Answer } from './answer.ts'
import type { Params } from './params.ts'
import type { Upstream } from './upstream.ts'

/** `/workspaces/get`: the workspace behind the credential (contract, section 9). */
export function getWorkspace(_params: Params, upstream: Upstream): Answer {
  return success('workspace', {
    workspace_id: upstream.workspaceId,
    name: 'Simulated Hotel',
    company_name: 'Simulated Hotel',
    connect_partner_name: 'Simulated Hotel',
    is_sandbox: true,
    is_suspended: false,
    is_publishable_key_auth_enabled: true,
    connect_webview_customization: { primary_button_color: '#232426', logo_shape: 'square' },
    organization_id: null,
    publishable_key: upstream.publishableKey,
  })
}
