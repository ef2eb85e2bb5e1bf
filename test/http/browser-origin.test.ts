import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { requireSameOrigin } from '../../src/http/browser-origin.ts'

const HOST = 'mirror.example.com'

const CROSS_ORIGIN = expect.objectContaining({ status: 403, type: 'cross_origin_request' }) as Error

const check = (method: string, headers: Record<string, string>) => () =>
  requireSameOrigin({ method, headers: { host: HOST, ...headers } } as unknown as IncomingMessage)

describe('A request whose credential the browser added', () => {
  test.each<[string, Record<string, string>]>([
    ['a page of this origin', { 'sec-fetch-site': 'same-origin' }],
    ['an older browser, from a page of this origin', { origin: `https://${HOST}` }],
    ['an older browser that writes the host in other letters', { origin: 'https://Mirror.Example.com' }],
    [
      'an older browser on this machine, without TLS',
      { host: 'localhost:3000', origin: 'http://localhost:3000' },
    ],
  ])('may change something when it comes from %s', (_title, headers) => {
    expect(check('POST', headers)).not.toThrow()
  })

  test.each<[string, Record<string, string>]>([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['a sibling domain or another port', { 'sec-fetch-site': 'same-site' }],
    ['the user, not a page', { 'sec-fetch-site': 'none' }],
    ['another site that forges an Origin', { 'sec-fetch-site': 'cross-site', origin: `https://${HOST}` }],
    ['an unknown kind of place', { 'sec-fetch-site': 'somewhere' }],
    ['nobody knows where', {}],
    ['an older browser, from another site', { origin: 'https://evil.example' }],
    ['an older browser, from a host that begins alike', { origin: `https://${HOST}.evil.example` }],
    ['an older browser, from another port', { origin: `https://${HOST}:8443` }],
    ['an older browser, from a page of this host without TLS', { origin: `http://${HOST}` }],
    ['an older browser that hides the origin', { origin: 'null' }],
  ])('may change nothing when it comes from %s', (_title, headers) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'post'])
      expect(check(method, headers)).toThrow(CROSS_ORIGIN)
    for (const method of ['GET', 'HEAD']) expect(check(method, headers)).not.toThrow()
  })
})
