import { schemas } from '@seamapi/types/connect'
import { describe, expect, test } from 'vitest'

import { buildHotel } from '../../src/simulated-seam/build-hotel.ts'
import { parseInstant } from '../../src/simulated-seam/instant.ts'
import { makeEvent, simulatedEventTypes } from '../../src/simulated-seam/make-event.ts'
import { createRandom } from '../../src/simulated-seam/random.ts'

/** In the contract (section 12.6), but newer than the published schemas. */
const unknownToSchemas = [
  'access_code.issued',
  'access_code.delay_in_issuing',
  'access_code.failed_to_issue',
  'access_code.failed_to_update',
  'access_code.failed_to_expire',
]

const now = 1_750_000_000_000_000

describe('event types', () => {
  test('all 114 types of the contract can be made, each from one row only', () => {
    expect(simulatedEventTypes).toHaveLength(114)
    expect(new Set(simulatedEventTypes).size).toBe(114)
  })

  test.each(simulatedEventTypes.filter((type) => !unknownToSchemas.includes(type)))(
    'Seam’s own schema accepts %s in all the forms it takes',
    (type) => {
      const random = createRandom(7, type)
      const hotel = buildHotel(random.uuid(), random, now)
      for (const precision of ['millis', 'micros'] as const) {
        for (let i = 0; i < 50; i++) {
          const event = makeEvent({ hotel, random, at: now, precision, type })
          const { success, error } = schemas.seam_event.safeParse(event)
          expect(success, `${JSON.stringify(event)}: ${error?.message}`).toBe(true)
        }
      }
    },
  )

  test.each(unknownToSchemas)('the schemas do not know %s yet', (type) => {
    const random = createRandom(7, type)
    const hotel = buildHotel(random.uuid(), random, now)
    const event = makeEvent({ hotel, random, at: now, precision: 'millis', type })
    expect(schemas.seam_event.safeParse(event).success).toBe(false)
    expect(event).toMatchObject({ access_code_id: expect.any(String), device_id: expect.any(String) })
  })

  test('events carry no field that their type does not declare', () => {
    const random = createRandom(3, 'fields')
    const hotel = buildHotel(random.uuid(), random, now)
    for (let i = 0; i < 5000; i++) {
      const event = makeEvent({ hotel, random, at: now, precision: 'millis' })
      if (unknownToSchemas.includes(event.event_type)) continue
      const parsed = schemas.seam_event.parse(event) as object
      expect(Object.keys(parsed).toSorted()).toEqual(Object.keys(event).toSorted())
    }
  })

  test('Seam’s own schema accepts the client sessions', () => {
    const random = createRandom(3, 'sessions')
    const { clientSessions } = buildHotel(random.uuid(), random, now)
    expect(clientSessions.length).toBeGreaterThan(3)
    for (const session of clientSessions) schemas.client_session.parse(session)
  })

  test('things occur before their event is created, mostly by less than two seconds', () => {
    const random = createRandom(5, 'lag')
    const hotel = buildHotel(random.uuid(), random, now)
    const lags = Array.from({ length: 500 }, () => {
      const event = makeEvent({ hotel, random, at: now, precision: 'millis' })
      return (parseInstant(event.created_at) ?? 0) - (parseInstant(event.occurred_at ?? '') ?? 0)
    })
    expect(Math.min(...lags)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...lags)).toBeGreaterThan(10_000_000)
    expect(lags.toSorted((a, b) => a - b)[250]).toBeLessThan(2_000_000)
  })
})
