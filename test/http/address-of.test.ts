import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AddressOf, createAddressOf, type TrustProxy } from '../../src/http/address-of.ts'

let addressOf: AddressOf
const server = createServer((request, response) => void response.end(addressOf(request)))
beforeAll(() => new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve)))
afterAll(() => void server.close())

const cases: [TrustProxy, string | null, string][] = [
  [null, null, '127.0.0.1'],
  [null, '192.0.2.1', '127.0.0.1'],
  [1, null, '127.0.0.1'],
  [1, '192.0.2.1', '192.0.2.1'],
  // What the caller wrote itself stands before what its proxy added.
  [1, '203.0.113.9, 192.0.2.1', '192.0.2.1'],
  [2, '203.0.113.9, 192.0.2.1', '203.0.113.9'],
  [2, '192.0.2.1', '192.0.2.1'],
  [['loopback'], '192.0.2.1', '192.0.2.1'],
  [['127.0.0.0/8', '10.0.0.0/8'], '203.0.113.9, 192.0.2.1, 10.1.2.3', '192.0.2.1'],
  [['10.0.0.0/8'], '192.0.2.1', '127.0.0.1'],
  [1, '2001:db8::1', '2001:db8::1'],
  [1, '192.0.2.1:4711', '192.0.2.1'],
  [1, '[2001:db8::1]:4711', '2001:db8::1'],
  [1, '::ffff:192.0.2.1', '192.0.2.1'],
  [1, 'unknown', '127.0.0.1'],
  [1, 'x'.repeat(10_000), '127.0.0.1'],
  [1, '', '127.0.0.1'],
]

test.each(cases)(
  'E13: who trusts %j and is told %j takes the caller for %s',
  async (trust, header, expected) => {
    addressOf = createAddressOf(trust)
    const { port } = server.address() as AddressInfo
    const headers = header === null ? {} : { 'x-forwarded-for': header }
    const response = await fetch(`http://127.0.0.1:${port}`, { headers })
    expect(await response.text()).toBe(expected)
  },
)
