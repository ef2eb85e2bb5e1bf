import { randomUUID } from 'node:crypto'

/** The workspace of most tests. */
export const WORKSPACE_ID = 'b887bf84-9849-4454-a562-cf84293d9781'

/** A small valid event as an object; `JSON.stringify` it to get a body. */
export function sampleEvent(
  fields: Record<string, unknown> = {},
): Record<string, unknown> & { event_id: string } {
  return {
    event_id: randomUUID(),
    event_type: 'lock.unlocked',
    workspace_id: WORKSPACE_ID,
    created_at: '2026-06-15T16:54:17.946309Z',
    occurred_at: '2026-06-15T16:54:17.901Z',
    device_id: 'a83690b2-2b70-409a-9a94-426699b84c97',
    connected_account_id: 'c35ecf64-474a-466a-95a6-7b35cb4c8bb4',
    method: 'keycode',
    ...fields,
  }
}
