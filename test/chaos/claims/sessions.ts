import type { Rig } from '../rig.ts'

/** Checks that the stored sessions that are not deleted are exactly the usable ones that Seam lists. */
export async function areSessionsRight({ sql, seam }: Rig): Promise<boolean> {
  const rows = await sql<{ id: string }>(
    'select client_session_id as id from client_sessions where workspace_id = $1 and deleted_at is null',
    [seam.workspaceId],
  )
  const stored = new Set(rows.map(({ id }) => id))
  const listed = seam.hotel.clientSessions.map(({ client_session_id: id }) => id)
  // Of two sessions with the same id, nobody knows which is the true one.
  return listed.every((id) => stored.has(id)) && stored.size - new Set(listed).size <= 1
}

/** Checks that no session that Seam had all the time was ever marked as deleted, whatever a single listing said (E9). */
export async function checkDeletions({ sql, seam, findings }: Rig): Promise<void> {
  const rows = await sql<{ id: string }>(
    'select distinct client_session_id as id from chaos.session_deletions',
  )
  const left = new Set(seam.hotel.clientSessions.map(({ client_session_id: id }) => id))
  for (const { id } of rows) {
    if (left.has(id)) findings.add('I10', `client session ${id} was marked as deleted, and Seam has it`)
  }
}
