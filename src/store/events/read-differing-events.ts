import { createHash } from 'node:crypto'
import type { EventRow } from './event-insert-sql.ts'
import { runSql } from '../../postgres/open-database.ts'
import type { Db } from '../database.ts'

/** A row that came with another text or other secrets than are stored of its event, and what is stored. */
export interface DifferingEvent {
  /** One of the rows that were asked for. */
  row: EventRow
  storedBody: string
  storedSecrets: Buffer | null
}

/** Texts are compared by digest, so that only those that differ are sent. */
const SQL = `
select seen.place::int as place, e.body::text as body, e.secrets
from unnest($1::uuid[], $2::uuid[], $3::bytea[], $4::bytea[]) with ordinality as seen (workspace_id, event_id, digest, secrets, place)
join events e on e.workspace_id = seen.workspace_id and e.event_id = seen.event_id
where sha256(convert_to(e.body::text, 'UTF8')) <> seen.digest or e.secrets is distinct from seen.secrets
order by seen.place`

/** Finds the rows that differ from what is stored of their events. */
export async function readDifferingEvents(
  db: Pick<Db, 'executeQuery'>,
  rows: readonly EventRow[],
): Promise<DifferingEvent[]> {
  const found = await runSql<{ place: number; body: string; secrets: Buffer | null }>(db, SQL, [
    rows.map(({ event }) => event.workspaceId),
    rows.map(({ event }) => event.eventId),
    rows.map(({ body }) => createHash('sha256').update(body).digest()),
    rows.map(({ sealedSecrets }) => sealedSecrets),
  ])
  return found.flatMap(({ place, body, secrets }) => {
    const row = rows[place - 1]
    return row === undefined ? [] : [{ row, storedBody: body, storedSecrets: secrets }]
  })
}
