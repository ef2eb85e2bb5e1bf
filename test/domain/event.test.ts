import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { EVENT_FIELDS } from '../../src/domain/event-fields.ts'
import {
  MAX_CUSTOMER_KEY_BYTES,
  MAX_EVENT_TYPE_BYTES,
  MAX_FILTER_IDS,
} from '../../src/domain/event-columns.ts'
import { parseEvent, type UsableEvent } from '../../src/domain/event.ts'
import { sampleEvent, WORKSPACE_ID } from '../support/sample-event.ts'

function usable(fields: Record<string, unknown>): UsableEvent {
  const event = parseEvent(JSON.stringify(sampleEvent(fields)), WORKSPACE_ID)
  if (event.kind !== 'event') throw new Error(`Not usable: ${event.reason}`)
  return event
}

const reasonOf = (fields: Record<string, unknown>) => {
  const event = parseEvent(JSON.stringify(sampleEvent(fields)), WORKSPACE_ID)
  return event.kind === 'unusable' ? event.reason : 'usable'
}

function columnOf(event: UsableEvent, column: string) {
  return event.fields[EVENT_FIELDS.findIndex((field) => field.column === column)]
}

const A = randomUUID()
const B = randomUUID()

describe('an event', () => {
  test('needs an id, a type, a creation time, and nothing else', () => {
    const text = `{"event_id":"${A}","event_type":"x","created_at":"2026-01-01T00:00:00Z"}`
    const event = parseEvent(text, WORKSPACE_ID)
    expect(event).toEqual({
      kind: 'event',
      workspaceId: WORKSPACE_ID,
      eventId: A,
      eventType: 'x',
      createdAt: 1_767_225_600_000_000n,
      occurredAt: null,
      fields: EVENT_FIELDS.map(() => null),
      leftOut: null,
      json: text,
    })
  })

  test.each([
    ['an id of any UUID version', { event_id: '6ba7b810-9dad-51d1-80b4-00c04fd430c8' }, 'usable'],
    ['a type nobody has heard of', { event_type: 'robot.vacuum_stuck' }, 'usable'],
    ['a type longer than its column', { event_type: 'x'.repeat(MAX_EVENT_TYPE_BYTES + 1) }, 'usable'],
    ['no type', { event_type: undefined }, 'bad_event_type'],
    ['a type that is a number', { event_type: 7 }, 'bad_event_type'],
    ['an id in braces', { event_id: `{${A}}` }, 'bad_event_id'],
    ['an id with a space', { event_id: `${A} ` }, 'bad_event_id'],
    ['no workspace', { workspace_id: undefined }, 'usable'],
    ['its workspace in upper case', { workspace_id: WORKSPACE_ID.toUpperCase() }, 'usable'],
    ['another workspace', { workspace_id: A }, 'foreign_workspace'],
    ['a workspace of null', { workspace_id: null }, 'bad_workspace_id'],
    ['a workspace that is no id', { workspace_id: 'my workspace' }, 'bad_workspace_id'],
    ['a workspace that is a number', { workspace_id: 7 }, 'bad_workspace_id'],
    ['no creation time', { created_at: undefined }, 'bad_created_at'],
    ['a creation time without an offset', { created_at: '2026-01-01T00:00:00' }, 'bad_created_at'],
    ['a creation time of the year 10000', { created_at: '9999-12-31T23:59:59-01:00' }, 'bad_created_at'],
    ['an occurrence time in words', { occurred_at: 'just now' }, 'usable'],
    ['fields of other kinds than ours', { device_id: 7, access_grant_ids: 'x', customer_key: [] }, 'usable'],
  ])('with %s: %#', (_what, fields, outcome) => {
    expect(reasonOf(fields)).toBe(outcome)
  })

  test('fills each column from the fields that the table names for it', () => {
    for (const { column, type, from } of EVENT_FIELDS) {
      for (const name of from) {
        const value = type === 'text' ? 'a key' : name.endsWith('_ids') ? [A, B] : A
        const expected = type === 'uuid[]' ? [value].flat() : value
        const cleared = { device_id: undefined, connected_account_id: undefined }
        const event = usable({ ...cleared, [name]: value })
        expect({ name, value: columnOf(event, column) }).toEqual({ name, value: expected })
        expect(event.fields.filter((other) => other !== null)).toHaveLength(1)
      }
    }
  })

  test('one id and an array of ids of the same kind share a column', () => {
    expect(columnOf(usable({ access_grant_id: A, access_grant_ids: [B] }), 'access_grant_ids')).toEqual([
      A,
      B,
    ])
  })

  test.each([
    [
      'an id that is not a UUID',
      { device_id: 'august_device_1' },
      'device_id',
      null,
      'device_id: not a UUID',
    ],
    ['an array where one id belongs', { device_id: [A] }, 'device_id', null, 'device_id: not a UUID'],
    [
      'an array with other things in it',
      { access_grant_ids: [A, null, 'x', 7] },
      'access_grant_ids',
      [A],
      'access_grant_ids: not all are UUIDs',
    ],
    [
      'more ids than can be filtered by',
      { access_grant_ids: Array.from({ length: MAX_FILTER_IDS + 1 }, () => A) },
      'access_grant_ids',
      null,
      'access_grant_ids: too many',
    ],
    ['an empty array', { access_grant_ids: [] }, 'access_grant_ids', null, null],
    ['an id of null', { device_id: null }, 'device_id', null, null],
    ['a customer key with a NUL', { customer_key: 'a\0b' }, 'customer_key', null, 'customer_key: has a NUL'],
    ['half a character', { customer_key: 'a\ud800' }, 'customer_key', null, 'customer_key: not Unicode'],
    [
      'a customer key of another kind',
      { customer_key: [] },
      'customer_key',
      null,
      'customer_key: not a text',
    ],
    ['an empty customer key', { customer_key: '' }, 'customer_key', '', null],
    [
      'the longest customer key',
      { customer_key: 'é'.repeat(MAX_CUSTOMER_KEY_BYTES / 2) },
      'customer_key',
      'é'.repeat(MAX_CUSTOMER_KEY_BYTES / 2),
      null,
    ],
    [
      'a longer one',
      { customer_key: `${'é'.repeat(MAX_CUSTOMER_KEY_BYTES / 2)}x` },
      'customer_key',
      null,
      'customer_key: too long',
    ],
    [
      'an occurrence time in words',
      { occurred_at: 'just now', device_id: A },
      'device_id',
      A,
      'occurred_at: not an instant',
    ],
  ])(
    'E15: with %s is stored all the same, and what has no column is noted',
    (_what, fields, column, expected, leftOut) => {
      const event = usable(fields)
      expect(columnOf(event, column)).toEqual(expected)
      expect(event.leftOut).toBe(leftOut)
    },
  )

  test.each([
    ['x'.repeat(MAX_EVENT_TYPE_BYTES), null],
    ['x'.repeat(MAX_EVENT_TYPE_BYTES + 1), 'event_type: too long'],
    ['鍵'.repeat(86), 'event_type: too long'],
    ['a\0b', 'event_type: has a NUL'],
  ])('E15: with the type %j fills the column or notes why not', (eventType, leftOut) => {
    const event = usable({ event_type: eventType })
    expect(event.eventType).toBe(leftOut === null ? eventType : null)
    expect(event.leftOut).toBe(leftOut)
  })

  test('that is unusable keeps its text, and its reason tells no value of it', () => {
    const text = JSON.stringify(sampleEvent({ created_at: '4711' }))
    const event = parseEvent(text, WORKSPACE_ID)
    if (event.kind !== 'unusable') throw new Error('It was usable')
    expect(Buffer.from(event.body).toString()).toBe(text)
    expect(event.detail).not.toContain('4711')
  })

  test('does not take a member of the prototype for a field', () => {
    expect(parseEvent('{"__proto__":{"event_id":"x"}}', WORKSPACE_ID)).toMatchObject({
      reason: 'bad_event_id',
    })
  })
})
