import type { Db } from '../database.ts'

/** Stores a known workspace's JSON text, from which the caller has dropped the publishable key, and its name if it has one. Writes nothing when nothing changed. */
export async function saveWorkspaceBody(
  db: Db,
  workspaceId: string,
  { body, name }: { body: string; name: string | null },
): Promise<void> {
  const changes = name === null ? { body } : { body, name }
  await db
    .updateTable('workspaces')
    .set(changes)
    .where('workspace_id', '=', workspaceId)
    .where((eb) =>
      eb.or([
        eb(eb.cast<string>('body', 'text'), 'is distinct from', body),
        ...(name === null ? [] : [eb('name', 'is distinct from', name)]),
      ]),
    )
    .execute()
}
