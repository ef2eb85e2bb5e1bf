import { describe, expect, test } from 'vitest'
import { ApiError } from '../../src/http/api-error.ts'
import {
  boolean,
  instant,
  instantPair,
  integer,
  nullable,
  required,
  text,
  textList,
  uuid,
  uuidList,
} from '../../src/http/param-kinds.ts'
import { defineParams } from '../../src/http/read-params.ts'

const A = 'a83690b2-2b70-409a-9a94-426699b84c97'
// Version 5, and no version at all: event ids are not all v4 (contract, trap 20).
const B = '1f2d3c4b-5a69-5788-9900-aabbccddeeff'
const C = '00000000-0000-0000-0000-00000000000C'

const { read } = defineParams({
  id: uuid(),
  ids: uuidList({ maxItems: 3 }),
  name: text(),
  names: textList(),
  at: instant(),
  between: instantPair(),
  limit: integer({ min: 1, cap: 100 }),
  offset: integer({ min: 0, max: 50 }),
  flag: boolean(),
  owner: nullable(text()),
})

function outcome(query: string, body: Record<string, unknown> = {}): unknown {
  try {
    return Object.fromEntries(
      Object.entries(read({ query: new URLSearchParams(query), body }).values).filter(
        ([, value]) => value !== undefined,
      ),
    )
  } catch (error) {
    if (error instanceof ApiError && error.status === 400 && error.type === 'invalid_input')
      return error.message
    throw error
  }
}

const REPEATED = `Could not parse parameter: 'limit' has repeated values but is not an array parameter for "limit"`
const EMPTY_ITEM = `Could not parse parameter: 'ids' mixes empty values with other values for "ids"`
const BAD_TIME = 'Must be parsable date string if defined (such as 2026-01-31T00:00:00Z)'
const BLANK_FOR_PLUS =
  'Must be parsable date string if defined (such as 2026-01-31T00:00:00Z; in a URL, + is written as %2B)'

describe('A query means the same with and without _strict', () => {
  test.each<[string, unknown]>([
    ['', {}],
    [`id=${A}`, { id: A }],
    [`ids=${A}&ids=${B}`, { ids: [A, B] }],
    [`ids=${C}`, { ids: [C] }],
    ['ids=', { ids: [] }],
    [`ids=${A}&ids=`, EMPTY_ITEM],
    [`ids=${A}&ids=x&ids=y`, '2 Input Errors: Invalid uuid for "ids.1", Invalid uuid for "ids.2"'],
    [`ids=${A}&ids=${A}&ids=${A}&ids=${A}`, 'Array must contain at most 3 element(s) for "ids"'],
    ['id=x', 'Invalid uuid for "id"'],
    ['id=', 'Expected string, received null for "id"'],
    ['name=a%20b', { name: 'a b' }],
    ['name=', 'Expected string, received null for "name"'],
    ['name=%00', 'String must contain at least 1 character(s) and no NUL for "name"'],
    ['limit=10', { limit: 10 }],
    ['limit=10.0', { limit: 10 }],
    ['limit=1e1', { limit: 10 }],
    ['limit=1e3', { limit: 100 }],
    ['limit=1e300', { limit: 100 }],
    ['limit=0', 'Number must be greater than or equal to 1 for "limit"'],
    ['limit=-1', 'Number must be greater than or equal to 1 for "limit"'],
    ['limit=1.5', 'Expected integer, received float for "limit"'],
    ['limit=abc', 'Expected number, received string for "limit"'],
    ['limit=0x10', 'Expected number, received string for "limit"'],
    ['limit=Infinity', 'Expected number, received string for "limit"'],
    ['limit=', 'Expected number, received null for "limit"'],
    ['limit=1&limit=2', REPEATED],
    ['offset=50', { offset: 50 }],
    ['offset=51', 'Number must be less than or equal to 50 for "offset"'],
    ['flag=true', { flag: true }],
    ['flag=false', { flag: false }],
    ['flag=perhaps', 'Expected boolean, received string for "flag"'],
    ['owner=', { owner: null }],
    ['owner=me', { owner: 'me' }],
    ['at=2025-06-15', { at: 1749945600000000n }],
    ['at=', `${BAD_TIME} for "at"`],
    ['at=1750006457', `${BAD_TIME} for "at"`],
    ['at=2025-06-15T00:00:00%2B02:00', { at: 1749938400000000n }],
    ['at=2025-06-15T00:00:00+02:00', `${BLANK_FOR_PLUS} for "at"`],
    ['at=2025-06-15+00:00:00.5+0200', `${BLANK_FOR_PLUS} for "at"`],
    ['at=2025-06-15T00:00:00+', `${BAD_TIME} for "at"`],
    ['at=1750006457000', `${BAD_TIME} for "at"`],
    ['at=1h', `${BAD_TIME} for "at"`],
    ['at=Sun,+15+Jun+2025+16:54:17+%2B0200', `${BAD_TIME} for "at"`],
    ['between=2025-06-15T00:00:00+02:00&between=2025-06-16', `${BLANK_FOR_PLUS} for "between.0"`],
    ['between=2025-06-15&between=2025-06-16', { between: [1749945600000000n, 1750032000000000n] }],
    ['between=2025-06-15', 'Array must contain exactly 2 element(s) for "between"'],
    ['between=', 'Array must contain exactly 2 element(s) for "between"'],
    ['between=2025-06-15&between=2025-06-15', 'second value must be greater than first value for "between"'],
    ['between=2025-06-16&between=2025-06-15', 'second value must be greater than first value for "between"'],
    ['between=2025-06-16&between=x', `${BAD_TIME} for "between.1"`],
    ['nobody=knows&nobody=this', {}],
  ])('%s', (query, expected) => {
    expect(outcome(query)).toEqual(expected)
    expect(outcome(`${query}&_strict=true`)).toEqual(expected)
  })
})

test('E2: a text longer than any number is not looked at as one', () => {
  const digits = '0'.repeat(60_000)
  for (const number of [digits, `${digits}1`, `${digits}x`, `${digits}.${digits}`, `1e${digits}`])
    expect(outcome(`limit=${number}`)).toBe('Expected number, received string for "limit"')
})

describe('A query is read generously unless it says _strict=true', () => {
  test.each<[string, unknown, unknown]>([
    [`ids=${A},${B}`, { ids: [A, B] }, 'Invalid uuid for "ids.0"'],
    ['names=a,b', { names: ['a', 'b'] }, { names: ['a,b'] }],
    ['names=a,b&names=c', { names: ['a,b', 'c'] }, { names: ['a,b', 'c'] }],
    [`ids[]=${A}`, { ids: [A] }, {}],
    [`ids%5B%5D=${A}&ids[]=${B}`, { ids: [A, B] }, {}],
    [`ids[0]=${A}`, { ids: [A] }, {}],
    [`ids[1]=${B}&ids[0]=${A}`, { ids: [A, B] }, {}],
    [`ids[10]=${B}&ids%5B9%5D=${A}`, { ids: [A, B] }, {}],
    [`ids[]=${B}&ids[0]=${A}`, { ids: [A, B] }, {}],
    ['names[0]=a&names[0]=b', { names: ['a', 'b'] }, {}],
    ['between[1]=2025-06-16&between[0]=2025-06-15', { between: [1749945600000000n, 1750032000000000n] }, {}],
    ['names[x]=a', {}, {}],
    ['names[0][0]=a', {}, {}],
    ['names[0000000]=a', {}, {}],
    ['names]=a', {}, {}],
    [`id[0]=${A}`, {}, {}],
    [
      'names[0]=a&names[1]=',
      `Could not parse parameter: 'names' mixes empty values with other values for "names"`,
      {},
    ],
    [
      `ids=${A}&ids[0]=${B}`,
      `Could not parse parameter: 'ids' mixes the repeated and bracket array formats for "ids"`,
      { ids: [A] },
    ],
    ['ids[]=', { ids: [] }, {}],
    [`ids=${A},`, EMPTY_ITEM, 'Invalid uuid for "ids.0"'],
    [
      `ids=${A}&ids[]=${B}`,
      `Could not parse parameter: 'ids' mixes the repeated and bracket array formats for "ids"`,
      { ids: [A] },
    ],
    ['flag=1', { flag: true }, 'Expected boolean, received string for "flag"'],
    ['flag=No', { flag: false }, 'Expected boolean, received string for "flag"'],
    [
      'between=2025-06-15,2025-06-16',
      { between: [1749945600000000n, 1750032000000000n] },
      'Array must contain exactly 2 element(s) for "between"',
    ],
  ])('%s', (query, generous, strict) => {
    expect(outcome(query)).toEqual(generous)
    expect(outcome(`${query}&_strict=yes`)).toEqual(generous)
    expect(outcome(`${query}&_strict=true`)).toEqual(strict)
  })
})

describe('C6: Parameters that there are not', () => {
  const headersOf = (query: string, body: Record<string, unknown> = {}) =>
    read({ query: new URLSearchParams(query), body }).headers['seam-mirror-ignored-parameters']

  test.each<[string, string | undefined]>([
    ['', undefined],
    ['limit=3&_strict=true', undefined],
    ['names[0]=a&names[]=b&_strict=no', undefined],
    ['device=x', 'device'],
    ['until=2026&until=2027&limit=3&Limit=4', 'until, Limit'],
    ['names[]=a&_strict=true', 'names[]'],
    ['id[0]=a', 'id[0]'],
    ['=a', ''],
    ['a%20b=1&%C3%BC=2&%0D%0Aset-cookie:x=3&%00=4', 'a%20b, %C3%BC, %0D%0Aset-cookie%3Ax, %00'],
    ['__proto__=1&constructor=2&toString=3', '__proto__, constructor, toString'],
    [`${'x'.repeat(1000)}=1`, `${'x'.repeat(40)}...`],
    [`${'x'.repeat(39)}%F0%9F%94%92=1`, `${'x'.repeat(39)}%EF%BF%BD...`],
    [
      Array.from({ length: 5_000 }, (_, i) => `p${i}=1`).join('&'),
      'p0, p1, p2, p3, p4, p5, p6, p7, p8, p9, ...',
    ],
  ])('are named in a header that any client can take: %s', (query, expected) => {
    expect(headersOf(query)).toBe(expected)
  })

  test('are named when they come in a body as well, and when the request is refused', () => {
    expect(headersOf('device=x', { until: 1, limit: 3, _strict: true, 'names[]': ['a'] })).toBe(
      'device, until, names[]',
    )
    expect(() => read({ query: new URLSearchParams('device=x&limit=x'), body: {} })).toThrow(
      expect.objectContaining({ status: 400, headers: { 'seam-mirror-ignored-parameters': 'device' } }),
    )
  })

  test('are refused by name where the endpoint is ours', () => {
    const ours = defineParams({ since: instant(), limit: integer({ min: 1 }) }, { unknown: 'refused' })
    const of = (query: string, body = {}) => ours.read({ query: new URLSearchParams(query), body })
    expect(of('limit=3&_strict=true')).toEqual({ values: { limit: 3 }, headers: {} })
    expect(() => of('until=x', { __proto__x: 1 })).toThrow(
      'Unknown parameters: until, __proto__x (there are: since, limit)',
    )
    expect(() => of('limit=x&_errors=1')).toThrow(
      /^2 Input Errors: Expected number, received string for "limit", Unknown parameters: _errors \(/,
    )
    const hostile = JSON.parse('{"__proto__":1,"_errors":2}') as object
    expect(() => of('', hostile)).toThrow('Unknown parameters: __proto__, _errors (there are: since, limit)')
    expect({}).not.toHaveProperty('_errors')
  })
})

describe('A JSON body is held to the same kinds, without any conversion', () => {
  test.each<[Record<string, unknown>, unknown]>([
    [{}, {}],
    [{ ids: [] }, { ids: [] }],
    [
      { ids: [A], limit: 7, flag: false, owner: null },
      { ids: [A], limit: 7, flag: false, owner: null },
    ],
    [{ ids: A }, 'Expected array, received string for "ids"'],
    [{ ids: null }, 'Expected array, received null for "ids"'],
    [{ ids: [null] }, 'Invalid uuid for "ids.0"'],
    [{ id: [A] }, 'Expected string, received array for "id"'],
    [{ id: null }, 'Expected string, received null for "id"'],
    [{ limit: '10' }, 'Expected number, received string for "limit"'],
    [{ limit: null }, 'Expected number, received null for "limit"'],
    [{ flag: 'true' }, 'Expected boolean, received string for "flag"'],
    [{ name: '' }, 'String must contain at least 1 character(s) and no NUL for "name"'],
    [{ at: 1750006457000 }, `${BAD_TIME} for "at"`],
    [{ at: null }, `${BAD_TIME} for "at"`],
    [
      { between: ['2025-06-15T02:00:00+02:00', '2025-06-15T00:00:00.000001Z'] },
      { between: [1749945600000000n, 1749945600000001n] },
    ],
    [{ between: '2025-06-15' }, 'Expected array, received string for "between"'],
    [{ between: {} }, 'Expected array, received object for "between"'],
    [{ _strict: true, customer_ids: [A], constructor: 1 }, {}],
    [JSON.parse('{"__proto__": {"id": "x"}, "limit": 3}') as Record<string, unknown>, { limit: 3 }],
  ])('%j', (body, expected) => {
    expect(outcome('', body)).toEqual(expected)
  })
})

test('A body wins over the query where both name a parameter', () => {
  expect(outcome('limit=1&name=query', { limit: 2 })).toEqual({ limit: 2, name: 'query' })
})

test('Several problems are counted, listed, and each put under its own parameter', () => {
  const body = { id: 'x', limit: 0, between: ['x', '2025-06-15'], ids: [A, 'x'] }
  expect(() => read({ query: new URLSearchParams(), body })).toThrow(
    expect.objectContaining({
      message:
        '4 Input Errors: Invalid uuid for "id", Invalid uuid for "ids.1", ' +
        'Must be parsable date string if defined (such as 2026-01-31T00:00:00Z) for "between.0", Number must be greater than or equal to 1 for "limit"',
      validationErrors: {
        _errors: [],
        id: { _errors: ['Invalid uuid'] },
        ids: { _errors: [], 1: { _errors: ['Invalid uuid'] } },
        between: { _errors: [], 0: { _errors: [BAD_TIME] } },
        limit: { _errors: ['Number must be greater than or equal to 1'] },
      },
    }),
  )
})

test('I12: A list of a hundred thousand wrong items names only ten of them', () => {
  const message = outcome('', { names: Array.from({ length: 100_000 }, () => 0) })
  expect(message).toMatch(/^10 Input Errors: .*"names\.9"$/)
})

test('A missing required parameter is named, and a problem of the whole input stands at the top', () => {
  const pair = defineParams(
    { a: required(integer({ min: 0 })), b: integer({ min: 0 }) },
    { problemOf: ({ a, b }) => (b !== undefined && a > b ? 'a must not be above b' : null) },
  )
  const of = (query: string): unknown => {
    try {
      return pair.read({ query: new URLSearchParams(query), body: {} }).values
    } catch (error) {
      return { message: (error as ApiError).message, ...(error as ApiError).validationErrors }
    }
  }
  expect(of('a=1&b=2')).toEqual({ a: 1, b: 2 })
  expect(of('b=2')).toEqual({ message: 'a is required', _errors: [], a: { _errors: ['Required'] } })
  expect(of('a=3&b=2')).toEqual({ message: 'a must not be above b', _errors: ['a must not be above b'] })
})
