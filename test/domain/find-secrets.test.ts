import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { putBackSecrets, takeOutSecrets } from '../../src/domain/event-secrets.ts'
import { findSecrets, MAX_SEARCH_STEPS } from '../../src/domain/find-secrets.ts'
import { PinSearch } from '../../src/domain/pin-search.ts'
import { EventScan, MAX_DEPTH, MAX_SECRETS, MAX_VALUES } from '../../src/domain/scan-event.ts'
import { sampleEvent } from '../support/sample-event.ts'

const PIN = '81234567'
const maskedText = (event: unknown) => takeOutSecrets(JSON.stringify(event)).json

describe('E20, I9: a PIN is taken out', () => {
  const beside = (text: unknown) => ({ code: PIN, note: text })
  test.each<[string, unknown, string]>([
    ['glued to letters', { code: '61007919', note: 'PIN61007919' }, '61007919'],
    ['glued to letters on both sides', beside(`x${PIN}y`), PIN],
    ['of nine digits in a sentence', { message: 'PIN 812345678 is taken' }, '812345678'],
    ['of fourteen digits in a sentence', { description: '81234567890123 is taken' }, '81234567890123'],
    ['in a list of sentences', { message: ['', `${PIN} is taken`] }, PIN],
    ['in an object of sentences', { message: { en: [`${PIN} is taken`] } }, PIN],
    ['in a list of errors that are texts', { access_code_errors: [`${PIN} is taken`] }, PIN],
    ['in a member of an error', { device_warnings: [{ detail: `${PIN} is taken` }] }, PIN],
    ['in two parts', beside('8123 4567'), '8123 4567'],
    ['in single digits', beside('8-1-2-3-4-5-6-7'), '8-1-2-3-4-5-6-7'],
    ['that is in two parts itself', { code: '8123 4567', note: PIN }, PIN],
    ['of three digits that a text repeats', { code: '719', note: '719 was set' }, '719'],
    ['of three digits in a sentence about a code', { message: 'Code 719 is taken' }, '719'],
    ['with zeros before it', { code: '081234567', count: 81_234_567 }, PIN],
    ['that is a number, in a text', { code: 81_234_567, note: `(${PIN})` }, PIN],
    ['in digits of full width', beside('８１２３４５６７'), '８１２３４５６７'],
    ['before a number sign', { code: `${PIN}#`, note: PIN }, PIN],
    ['in an address', beside(`https://lock.example/?k=${PIN}&z`), PIN],
    ['in changes that are an object', { changed_properties: { code: { from: PIN, to: '1' } } }, PIN],
    ['in a change that is no list', { changed_properties: { property: 'code', from: PIN } }, PIN],
    ['in a change with other names', { changed_properties: [{ property: 'code', old: PIN }] }, PIN],
    ['in a change that is a text', { requested_mutations: [`code ${PIN}`] }, PIN],
    ['as the old value itself', { from: PIN, to: null }, PIN],
    ...[
      'pin',
      'pins',
      'pin_code',
      'access_code',
      'temporary_code',
      'codes',
      'PIN',
      'passcode',
      'new_code',
    ].map((name): [string, unknown, string] => [`below the name ${name}`, { [name]: PIN }, PIN]),
    ...['description', 'event_description', 'change_reason', 'error_message', 'message'].map(
      (name): [string, unknown, string] => [
        `in a sentence below ${name}`,
        { [name]: `${PIN} is taken` },
        PIN,
      ],
    ),
    ...['doorCode', 'guest_pin', 'code_2', 'userPIN'].map((name): [string, unknown, string] => [
      `below a name like ${name}`,
      { later: [{ [name]: PIN }] },
      PIN,
    ]),
    ['in a list of codes', { codes: [1, PIN] }, PIN],
    ['as a name among codes', { codes: { [PIN]: 'front door' } }, PIN],
    ['as the name of a member', { later: { [PIN]: 'guest' } }, PIN],
    ['in the name of a member that repeats it', { code: PIN, later: { [`slot_${PIN}`]: 1 } }, PIN],
    ['in JSON within a text', { payload: JSON.stringify({ code: PIN }) }, PIN],
    ['that a text says anywhere', { nickname: `the code is ${PIN}` }, PIN],
    ['that a text says, where another repeats it', { message: `PIN ${PIN}`, customer_key: PIN }, PIN],
    ['of letters, in a text that is nothing else', { code: 'HOUSE', customer_key: 'house' }, 'house'],
    ['of two digits, in a text that is nothing else', { code: '12', customer_key: '12' }, 'key":"12'],
  ])('%s', (_what, event, secret) => {
    const json = JSON.stringify(event)
    const taken = takeOutSecrets(json)
    expect(taken.json).not.toContain(secret)
    JSON.parse(taken.json)
    expect(putBackSecrets(taken)).toBe(json)
  })

  test.each([
    [{ code: '1234', note: 'Room 12345', level: 12_345 }],
    [{ code: '0123', level: 0.123, celsius: 21.55 }],
    [{ code: '4567', level: 0.4567 }],
    [{ description: 'Room 123 is ready at 16:54, at 21.5 degrees' }],
    [{ message: 'offline', device_errors: [{ error_code: 'x_1234', created_at: '2026-06-15 16:54:17Z' }] }],
    [{ error_code: '4711', status_code: '404', postal_code: '1010', is_backup_code: true }],
    [{ from: { name: 'Room 204', starts_at: '2026-06-15T16:54:17Z' }, to: { name: 'Room 2041' } }],
    [{ later: { '10': 1, '2': 2 }, mapping: '1234', spin: '1234', access_code_id: 'a_1234' }],
  ])('and nothing else: %j', (event) => {
    const { code, ...others } = event as Record<string, unknown>
    const { code: _mask, ...left } = JSON.parse(maskedText({ ...event })) as Record<string, unknown>
    void code
    expect(left).toEqual(others)
  })
})

describe('E11, I9: what is read back of an event is never masked', () => {
  test.each([
    ['an instant with a blank', { created_at: '2026-06-15 16:54:17Z', code: '2026' }],
    ['an instant in other parts', { created_at: '2026-06-15T16:54:17.8123Z', code: '8123' }],
    ['an instant that is the code', { created_at: '2026-06-15T16:54:17Z', code: '2026-06-15T16:54:17Z' }],
    ['ids that hold the digits', { event_id: '20262026-2026-4026-8026-202620262026', code: '2026' }],
    ['an occurrence with an odd offset', { occurred_at: '2026-06-15 16:54:17+02', code: '2026' }],
  ])('%s', (_what, fields) => {
    const event = sampleEvent(fields)
    expect(JSON.parse(maskedText(event))).toEqual({ ...event, code: '****' })
  })

  test('spelt with escapes', () => {
    const json = String.raw`{"created_at":"2026\u002d06-15 16:54:17Z","event_id":"20262026\u002d2026-4026-8026-202620262026","code":"2026"}`
    expect(takeOutSecrets(json).json).toBe(json.replace('"2026"}', '"****"}'))
  })

  test('not even where all else is, because there was too much to look for', () => {
    const event = sampleEvent({
      created_at: '2026-06-15 16:54:17Z',
      codes: 'x',
      access_grant_ids: [crypto.randomUUID(), crypto.randomUUID()],
      deep: [Array.from({ length: MAX_VALUES }, (_, i) => i)],
      [PIN]: PIN,
      note: PIN,
    })
    const json = JSON.stringify(event)
    const taken = takeOutSecrets(json)
    const { codes: _c, deep: _d, note: _n, method: _m, [PIN]: _p, ...kept } = event
    expect(JSON.parse(taken.json)).toEqual({ ...kept, '****': '****' })
    expect(putBackSecrets(taken)).toBe(json)
  })
})

describe('E7, I12: the search for PINs is limited, and what is beyond a limit is sealed whole', () => {
  /** Whether the event is beyond a limit: then it is sealed whole, and all of it comes back. */
  const isSealedWhole = (json: string): boolean => {
    const taken = takeOutSecrets(json)
    return findSecrets(json) === null && taken.json.length < 200 && putBackSecrets(taken) === json
  }
  const list = (length: number, of: (i: number) => unknown) => Array.from({ length }, (_, i) => of(i))

  test.each<[string, Record<string, unknown>]>([
    ['codes and texts', { code: list(3500, (i) => `${1000 + i}`), t: list(3500, () => 'a') }],
    ['places of PINs', { l: list(MAX_SECRETS + 1, (i) => ({ code: `${i}` })) }],
    ['PINs in one place', { code: list(MAX_SECRETS + 1, (i) => `${1000 + i}`) }],
    ['values', { code: '1234', t: list(MAX_VALUES, () => 'a') }],
    ['sentences with a number', { message: list(MAX_SECRETS + 1, () => '1234') }],
    ['codes that a text says', { t: list(MAX_SECRETS, (i) => `code ${1000 + i}`).join(' ') }],
    [
      'numbers beside codes of many lengths',
      { code: list(40, (i) => '9'.repeat(3 + i)), t: '1 '.repeat(100_000) },
    ],
    ['texts beside codes with letters', { code: list(500, (i) => `a${i}b`), t: list(500, (i) => `x${i}`) }],
  ])('an event with too many %s', (_what, fields) => {
    expect(isSealedWhole(JSON.stringify(fields))).toBe(true)
  })

  test('a PIN that is nested too deep to be looked for', () => {
    const json = `{"t":${'['.repeat(MAX_DEPTH + 1)}{"code":"1234"}${']'.repeat(MAX_DEPTH + 1)},"note":"1234"}`
    expect(isSealedWhole(json)).toBe(true)
  })

  test('an event at the limits is searched as any other', () => {
    const codes = list(MAX_SECRETS - 1, (i) => `${10_000 + i}`)
    const taken = takeOutSecrets(JSON.stringify({ codes, ok: 'a', note: '10007', t: list(5000, () => 'b') }))
    expect(taken.json).toContain('"ok":"a","note":"****"')
  })

  test('the steps of a search grow no faster than the event: twice the codes and texts, about twice the steps', () => {
    const steps = (size: number): number => {
      const search = new PinSearch({ maxSteps: Infinity, maxPins: Infinity })
      for (let i = 0; i < size; i++) search.addPin(`${100_000 + i}`)
      for (let i = 0; i < size; i++) search.isIn(`guest ${i} of room ${i}`)
      return search.steps
    }
    expect(steps(20_000)).toBeLessThan(steps(10_000) * 2.5)
    expect(steps(10_000)).toBeLessThan(10_000 * 10)
  })

  test('whatever the event, a search ends soon after its last step', () => {
    const text = fc.oneof(
      fc.stringMatching(/^[1-9 -]{0,200}$/),
      fc.stringMatching(/^(code|pin)? ?[0-9a]{0,9}$/),
    )
    const event = fc.record({
      code: fc.array(text, { maxLength: 300 }),
      t: fc.array(text, { maxLength: 300 }),
    })
    const holds = fc.property(event, (value) => {
      const json = JSON.stringify(value)
      const scan = new EventScan(json)
      const search = new PinSearch({ maxSteps: MAX_SEARCH_STEPS, maxPins: MAX_SECRETS })
      for (const { start, end } of scan.others) {
        search.addPin(json.slice(start, end))
        search.isIn(json.slice(start, end))
      }
      expect(search.steps).toBeLessThan(MAX_SEARCH_STEPS + json.length)
    })
    expect(fc.check(holds, { numRuns: 50 })).toMatchObject({ failed: false, error: null })
  })
})
