import type { EventQuery } from './event-query.ts'
import type { CallerProof } from '../../domain/caller.ts'
import { type Completeness, NOTHING_PROVEN, type Window } from '../../domain/completeness.ts'
import { sql } from '../../postgres/sql.ts'
import { completenessOf, completenessSql } from '../coverage/completeness-sql.ts'
import type { Db } from '../database.ts'
import { callerProofSql } from '../keys/caller-proof.ts'
import { listEventsSql } from './list-events-sql.ts'
import { type ListedEvents, storedEvents } from './list-events.ts'

export interface ProvenEvents extends ListedEvents {
  /** Whether the caller is still who the proof says; `unknown` without a proof. `no`: no events are returned. */
  proven: 'yes' | 'no' | 'unknown'
  /** How complete the copy was in the window when the events were read. */
  completeness: Completeness
}

/**
 * The events as `listEvents` gives them, with what must be true of the same moment: how complete the copy is in a window (I15), and whether a
 * caller that was known a moment ago is still the same (I10). Both come in a row before the events, so that an empty list says them too and
 * no further round trip is needed, which costs a bare service 0.12 ms.
 */
export async function listProvenEvents(
  db: Pick<Db, 'queryTexts'>,
  query: EventQuery,
  { maxBytes, proof, window }: { maxBytes: number; proof: CallerProof | null; window: Window },
): Promise<ProvenEvents> {
  const proofSql = proof === null ? sql`null::boolean` : callerProofSql(proof)
  const head = sql`json_build_array(${proofSql}, ${completenessSql(query.workspaceId)})`
  const { rows, isCut } = await db.queryTexts(listEventsSql(query, head), maxBytes, HEAD_AND_ONE)
  const [isProven, ranges] = JSON.parse(rows[0]?.[0] ?? '') as Head
  if (proof !== null && isProven !== true)
    return { events: [], isCut: false, proven: 'no', completeness: NOTHING_PROVEN }
  return {
    events: storedEvents(rows.slice(1), query),
    isCut,
    proven: proof === null ? 'unknown' : 'yes',
    completeness: completenessOf(ranges, window),
  }
}

type Head = [isProven: boolean | null, ranges: string | null]

/** The rows that are read whatever their length. */
const HEAD_AND_ONE = 2
