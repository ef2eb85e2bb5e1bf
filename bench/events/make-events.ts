import { randomUUID } from 'node:crypto'
import { buildHotel } from '../../src/simulated-seam/build-hotel.ts'
import { makeEvent } from '../../src/simulated-seam/make-event.ts'
import { createRandom } from '../../src/simulated-seam/random.ts'
import type { SeamEvent } from '../../src/simulated-seam/seam-event.ts'
import { WORKSPACE_ID } from '../service-parts.ts'

/** Bytes of an event's JSON (the figure). The simulated Seam's own events have 450 on average, without custom metadata. */
const EVENT_BYTES = 800
/** How many sample events all others are made from, because making one costs more than sending it. */
const SAMPLES = 2_000
const SAMPLE_LONGEST_AGO_MS = 3_600_000

/** Makes realistic events of one workspace, always the same ones. They are the simulated Seam's, filled up to EVENT_BYTES with custom metadata. */
export function sampleEvents(): SeamEvent[] {
  const random = createRandom(1, 'bench')
  const startMs = Date.parse('2026-01-01T00:00:00Z')
  const hotel = buildHotel(WORKSPACE_ID, random, startMs * 1000)
  return Array.from({ length: SAMPLES }, (_, i) => {
    const at = (startMs + Math.floor((i / SAMPLES) * SAMPLE_LONGEST_AGO_MS)) * 1000
    return withMetadata(makeEvent({ hotel, random, at, precision: 'micros' }))
  })
}

function withMetadata(event: SeamEvent): SeamEvent {
  const filled: SeamEvent = { ...event, space_custom_metadata: { note: '' } }
  const missing = Math.max(0, EVENT_BYTES - Buffer.byteLength(JSON.stringify(filled)))
  const words = 'guest arrives late, second key at the front desk; '
  return {
    ...event,
    space_custom_metadata: { note: words.repeat(Math.ceil(missing / words.length)).slice(0, missing) },
  }
}

/** Makes the JSON of distinct events created just now, each from the next sample. */
export function createEventTexts(): () => string {
  const samples = sampleEvents()
  let made = 0
  return () => {
    const sample = samples[made % samples.length] as SeamEvent
    made += 1
    const micros = String(made % 1000).padStart(3, '0')
    const createdAt = new Date().toISOString().replace('Z', `${micros}Z`)
    return JSON.stringify({ ...sample, event_id: randomUUID(), created_at: createdAt })
  }
}
