import type { IncomingMessage } from 'node:http'
import { describe, expect, test } from 'vitest'
import { endedSessionCookie, readSessionCookie, sessionCookie } from '../../src/http/browser-cookie.ts'

const requestWith = (headers: Record<string, string>) => ({ headers }) as unknown as IncomingMessage

const REMOTE = { host: 'dashboard.example.com' }
const LOCAL = { host: 'localhost:3000' }

describe('The cookie of a browser session', () => {
  test.each<[string, Record<string, string>]>([
    ['on any host', REMOTE],
    [
      'behind a proxy that opens TLS and says so, whatever host it asks',
      { ...LOCAL, 'x-forwarded-proto': 'https' },
    ],
    ['behind two of them', { ...LOCAL, 'x-forwarded-proto': 'https, http' }],
    ['without a host', {}],
    ['on a host that only begins like this machine', { host: 'localhost.example.com' }],
    ['on a host that only ends like it', { host: 'notlocalhost:3000' }],
    ['on an address that only begins like a loopback one', { host: '127.0.0.1.example.com' }],
  ])('is a Secure one of this very host %s', (_title, headers) => {
    expect(sessionCookie(requestWith(headers), 'v', 60)).toBe(
      '__Host-seam-mirror=v; Path=/; Max-Age=60; HttpOnly; SameSite=Strict; Secure',
    )
  })

  test.each(['localhost', 'localhost:3000', 'LocalHost:3000', '127.0.0.1:3000', '127.8.8.8', '[::1]:3000'])(
    'goes without TLS on http://%s, under another name',
    (host) => {
      expect(sessionCookie(requestWith({ host }), 'v', 60)).toBe(
        'seam-mirror=v; Path=/; Max-Age=60; HttpOnly; SameSite=Strict',
      )
    },
  )

  test('is removed by the same name and attributes', () => {
    expect(endedSessionCookie(requestWith(REMOTE))).toBe(
      '__Host-seam-mirror=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure',
    )
  })

  test.each<[string, Record<string, string>, string | null | undefined]>([
    ['alone', { ...LOCAL, cookie: 'seam-mirror=v' }, 'v'],
    ['among others', { ...LOCAL, cookie: 'a=b;seam-mirror=v ; xseam-mirror=w; seam-mirror2=x' }, 'v'],
    ['on any host', { ...REMOTE, cookie: 'seam-mirror=no; __Host-seam-mirror=v' }, 'v'],
    ['with signs of its own', { ...LOCAL, cookie: 'seam-mirror=a=b' }, 'a=b'],
  ])('is found %s', (_title, headers, value) => {
    expect(readSessionCookie(requestWith(headers))).toBe(value)
  })

  test.each<[string, Record<string, string>]>([
    ['no cookie', LOCAL],
    ['only others', { ...LOCAL, cookie: 'a=seam-mirror; seam-mirror' }],
    [
      'one that needs no TLS, over TLS, which a neighbour could have planted',
      { ...REMOTE, cookie: 'seam-mirror=v' },
    ],
  ])('is not there with %s', (_title, headers) => {
    expect(readSessionCookie(requestWith(headers))).toBeUndefined()
  })

  test('counts as wrong when there are several', () => {
    expect(readSessionCookie(requestWith({ ...LOCAL, cookie: 'seam-mirror=v; seam-mirror=w' }))).toBeNull()
  })
})
