import type { Rig } from '../rig.ts'

/** Whether the sessions that are stored and not deleted are those that Seam lists and anybody could use. */
export async function areSessionsRight({ sql, seam }: Rig): Promise<boolean> {
  const rows = await sql<{ id: string }>(
    'select client_session_id as id from client_sessions where workspace_id = $1 and deleted_at is null',
    [seam.workspaceId],
  )
  const stored = new Set(rows.map(({ id }) => id))
  const listed = seam.hotel.clientSessions.map(({ client_session_id: id }) => id)
  // One of two with the same id may be taken for the true one: nobody knows.
  return listed.every((id) => stored.has(id)) && stored.size - new Set(listed).size <= 1
}

/** A session that Seam has all the time is never marked as deleted, whatever a single listing says (E9). */
export async function checkDeletions({ sql, seam, findings }: Rig): Promise<void> {
  const rows = await sql<{ id: string }>(
    'select distinct client_session_id as id from chaos.session_deletions',
  )
  const left = new Set(seam.hotel.clientSessions.map(({ client_session_id: id }) => id))
  for (const { id } of rows) {
    if (left.has(id)) findings.add('I10', `client session ${id} was marked as deleted, and Seam has it`)
  }
}
