import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { putBackSecrets, takeOutSecrets } from '../../src/domain/event-secrets.ts'

const masked = (event: unknown) => JSON.parse(takeOutSecrets(JSON.stringify(event)).json) as unknown

describe('secrets of events', () => {
  test.each([
    ['a code', { code: '1234' }, { code: '****' }],
    ['a code as a number', { code: 1234 }, { code: '****' }],
    ['no code', { code: null }, { code: null }],
    [
      'old and new code',
      { from: { code: '1111', name: 'a' }, to: { code: '2222' } },
      { from: { code: '****', name: 'a' }, to: { code: '****' } },
    ],
    [
      'changed properties',
      {
        changed_properties: [
          { property: 'code', from: '1111', to: null },
          { property: 'name', from: 'a', to: 'b' },
        ],
      },
      {
        changed_properties: [
          { property: 'code', from: '****', to: null },
          { property: 'name', from: '****', to: '****' },
        ],
      },
    ],
    [
      'requested mutations',
      {
        requested_mutations: [
          { mutation_code: 'updating_code', from: { code: '1111' }, to: { code: { deep: 2222 } } },
        ],
      },
      { requested_mutations: [{ mutation_code: 'updating_code', from: '****', to: '****' }] },
    ],
    [
      'a code somewhere new',
      { later: [{ lock: { code: '1234' } }] },
      { later: [{ lock: { code: '****' } }] },
    ],
    [
      'a text that repeats the code',
      {
        code: '1234',
        event_description: 'Code 1234 was set',
        description: 'Room 123',
        label: 'Room 12345',
        errors: [{ note: '(1234)' }],
        pin: 1234,
        level: 12345,
      },
      {
        code: '****',
        event_description: '****',
        description: 'Room 123',
        label: 'Room 12345',
        errors: [{ note: '****' }],
        pin: '****',
        level: 12345,
      },
    ],
    [
      'a code of letters and digits that a text repeats',
      { code: '8304A1#', note: 'it is 8304a1# now' },
      { code: '****', note: '****' },
    ],
    [
      'a free text with a number in it that may be a code',
      {
        access_code_errors: [{ error_code: 'duplicate_code', message: 'PIN 83041725 is taken' }],
        change_reason: 'moved',
      },
      { access_code_errors: [{ error_code: 'duplicate_code', message: '****' }], change_reason: 'moved' },
    ],
    [
      'an error code',
      { error_code: 'x', device_errors: [{ error_code: 'y' }] },
      { error_code: 'x', device_errors: [{ error_code: 'y' }] },
    ],
  ])('I9: %s', (_title, event, expected) => {
    expect(masked(event)).toEqual(expected)
  })

  test('I9: ids and instants that happen to hold the digits of a code stay', () => {
    const event = {
      code: '1234',
      id: 'a83690b2-1234-409a-9a94-426699b84c97',
      at: '2026-01-01T00:00:00.1234Z',
    }
    expect(masked(event)).toEqual({ ...event, code: '****' })
  })

  test('I9: a member whose name is spelt with escapes is found', () => {
    expect(takeOutSecrets(String.raw`{"c\u006fde":"1234"}`).json).not.toContain('1234')
  })

  test('I12: a code nested absurdly deep is masked without looking for it', () => {
    const json = `{"a":${'['.repeat(60_000)}{"code":"1234"}${']'.repeat(60_000)}}`
    const taken = takeOutSecrets(json)
    expect(taken.json).not.toContain('1234')
    expect(taken.json.length).toBeLessThan(100)
    expect(putBackSecrets(taken)).toBe(json)
  })

  test('I7: what was taken out goes back to exactly the same text', () => {
    const pin = fc.stringMatching(/^\d{4,8}$/)
    const anything = fc.jsonValue()
    const event = fc.record({
      code: fc.oneof(pin, anything),
      note: fc.oneof(
        pin.map((digits) => `Code ${digits}`),
        anything,
      ),
      from: fc.oneof(fc.record({ code: pin, other: anything }), anything),
      changed_properties: fc.oneof(fc.array(fc.record({ from: anything, to: pin })), anything),
      requested_mutations: fc.oneof(fc.array(fc.oneof(fc.record({ to: anything }), anything)), anything),
      rest: anything,
    })
    const holds = fc.property(event, fc.constantFrom('', ' ', '\n\t'), (value, space) => {
      const json = JSON.stringify(value, null, space)
      const taken = takeOutSecrets(json)
      JSON.parse(taken.json)
      return putBackSecrets(taken) === json
    })
    expect(fc.check(holds, { numRuns: 1000 })).toMatchObject({ failed: false })
  })

  test('I9: no generated code is left anywhere in the masked text', () => {
    // Six digits and a letter-free alphabet elsewhere: what is found is the code and not a coincidence.
    const pin = fc.stringMatching(/^[1-9]\d{5}$/)
    const text = fc.stringMatching(/^[a-z ]{0,20}$/)
    const holds = fc.property(pin, text, text, (digits, before, after) => {
      const event = {
        code: digits,
        to: { code: digits },
        changed_properties: [{ from: digits, to: { nested: [digits] } }],
        requested_mutations: [{ from: { code: digits } }],
        message: `${before}${digits}${after}`,
        errors: [{ message: digits }],
      }
      return !takeOutSecrets(JSON.stringify(event)).json.includes(digits)
    })
    expect(fc.check(holds)).toMatchObject({ failed: false })
  })
})
