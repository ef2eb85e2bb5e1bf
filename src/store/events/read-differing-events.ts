import { createHash } from 'node:crypto'
import type { EventRow } from './event-insert-sql.ts'
import { runSql } from '../../postgres/open-database.ts'
import { sql } from '../../postgres/sql.ts'
import type { Db } from '../database.ts'

/** A row that came with another text or other secrets than are stored of its event, and what is stored. */
export interface DifferingEvent {
  /** One of the rows that were asked for. */
  row: EventRow
  storedBody: string
  storedSecrets: Buffer | null
}

/** Finds the rows that differ from what is stored of their events. Texts are compared by digest, so that only those that differ are sent. */
export async function readDifferingEvents(
  db: Pick<Db, 'executeQuery'>,
  rows: readonly EventRow[],
): Promise<DifferingEvent[]> {
  const workspaceIds = rows.map(({ event }) => event.workspaceId)
  const eventIds = rows.map(({ event }) => event.eventId)
  const digests = rows.map(({ body }) => createHash('sha256').update(body).digest())
  const secrets = rows.map(({ sealedSecrets }) => sealedSecrets)
  const found = await runSql<{ place: number; body: string; secrets: Buffer | null }>(
    db,
    sql`
select seen.place::int as place, e.body::text as body, e.secrets
from unnest(${workspaceIds}::uuid[], ${eventIds}::uuid[], ${digests}::bytea[], ${secrets}::bytea[])
  with ordinality as seen (workspace_id, event_id, digest, secrets, place)
join events e on e.workspace_id = seen.workspace_id and e.event_id = seen.event_id
where sha256(convert_to(e.body::text, 'UTF8')) <> seen.digest or e.secrets is distinct from seen.secrets
order by seen.place`,
  )
  return found.flatMap(({ place, body, secrets: storedSecrets }) => {
    const row = rows[place - 1]
    return row === undefined ? [] : [{ row, storedBody: body, storedSecrets }]
  })
}
