/**
 * The JSON of page items that are not events. They are the same in every answer, so that a client can recognise them.
 */
export function badItems(workspaceId: string): readonly string[] {
  return [
    null,
    'not an event',
    { event_type: 'device.connected', workspace_id: workspaceId, created_at: '2025-06-15T16:54:17.946Z' },
    {
      event_id: '6b4ad1c5-1de3-4c1f-8f0d-2a6f0c1a7e5b',
      event_type: 'device.connected',
      workspace_id: workspaceId,
      created_at: 'last Tuesday',
    },
  ].map((item) => JSON.stringify(item))
}
