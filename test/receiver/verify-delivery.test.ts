import { Buffer } from 'node:buffer'
import fc from 'fast-check'
import { Webhook } from 'svix'
import { describe, expect, test } from 'vitest'
import { readSignature } from '../../src/receiver/read-signature.ts'
import { createVerifier } from '../../src/receiver/verify-delivery.ts'
import { OTHER_WEBHOOK_SECRET, WEBHOOK_SECRET } from '../support/sign-delivery.ts'

/* Deliveries are verified with node:crypto because it is faster; whether they are valid is for svix to say. */

const secret = (bytes: Uint8Array) => `whsec_${Buffer.from(bytes).toString('base64')}`

const secrets = fc.oneof(
  fc.constantFrom(WEBHOOK_SECRET, OTHER_WEBHOOK_SECRET),
  fc.uint8Array({ minLength: 1, maxLength: 100 }).map(secret),
)
const bodies = fc.oneof(
  fc.json(),
  fc.string({ unit: 'binary' }),
  fc.constant(''),
  fc.constant('\uFFFD\u0000'),
)
/** What a header may hold on the wire. */
const headerText = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((c) => String.fromCharCode(c)),
})

interface Delivery {
  configured: string[]
  signedWith: string
  id: string
  /** Seconds from now. */
  signedAt: number
  body: string
  prefix: 'svix' | 'webhook'
  change: (headers: Record<string, string>) => Record<string, string>
  sentBody: string
}

const changes: fc.Arbitrary<Delivery['change']> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Delivery['change']>((headers) => headers) },
  {
    weight: 4,
    arbitrary: fc
      .record({ name: fc.constantFrom('id', 'timestamp', 'signature'), how: howToChange() })
      .map(({ name, how }): Delivery['change'] => (headers) => {
        const key = Object.keys(headers).find((each) => each.endsWith(`-${name}`)) ?? ''
        const { [key]: value = '', ...rest } = headers
        const changed = how(value)
        return changed === null ? rest : { ...rest, [key]: changed }
      }),
  },
)

/** What is almost right is what matters: signatures among others, of other versions, cut, padded, in another case. */
function howToChange(): fc.Arbitrary<(value: string) => string | null> {
  const how = <Fn extends (value: string) => string | null>(fn: Fn) => fc.constant(fn)
  return fc.oneof(
    how(() => null),
    how(() => ''),
    how((value) => value.toUpperCase()),
    how((value) => value.slice(0, -1)),
    how((value) => `${value} `),
    how((value) => ` ${value}`),
    how((value) => `${value}x`),
    how((value) => `${value}.5`),
    how((value) => `0${value}`),
    how((value) => `+${value}`),
    how((value) => `-${value}`),
    how((value) => `0x${value}`),
    how((value) => value.replace('v1,', 'v1a,')),
    how((value) => value.replace('v1,', 'v2,')),
    how((value) => value.replace('v1,', '')),
    how((value) => value.replace('v1,', 'v1')),
    how((value) => `${value},more`),
    how((value) => `v1,AAAA ${value}`),
    how((value) => `${value} v1,AAAA`),
    how((value) => `v1 ${value}`),
    how((value) => `v1a,${value.slice(3)} v1,`),
    how((value) => `${value},${value}`),
    how((value) => `${value}  ${value}`),
    how((value) => value.replaceAll('=', '')),
    how((value) => value.replaceAll('+', '-').replaceAll('/', '_')),
    headerText.map((text) => () => text),
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }).map((n) => () => String(n)),
  )
}

const deliveries: fc.Arbitrary<Delivery> = fc
  .record({
    configured: fc.array(secrets, { minLength: 1, maxLength: 3 }),
    other: secrets,
    isOther: fc.boolean(),
    which: fc.nat(2),
    id: fc.oneof(
      fc.uuid(),
      headerText.filter((text) => text !== ''),
    ),
    signedAt: fc.oneof(
      fc.integer({ min: -310, max: 310 }),
      fc.constantFrom(-301, -300, -299, 299, 300, 301),
      fc.integer(),
    ),
    body: bodies,
    prefix: fc.constantFrom('svix' as const, 'webhook' as const),
    change: changes,
    sent: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: bodies }),
  })
  .map(({ other, isOther, which, sent, ...rest }) => ({
    ...rest,
    signedWith: isOther ? other : (rest.configured[which % rest.configured.length] ?? other),
    sentBody: sent ?? rest.body,
  }))

function headersOf({ signedWith, id, signedAt, body, prefix, change }: Delivery): Record<string, string> {
  const seconds = Math.floor(Date.now() / 1000) + signedAt
  const signature = new Webhook(signedWith).sign(id, new Date(seconds * 1000), body)
  return change({
    [`${prefix}-id`]: id,
    [`${prefix}-timestamp`]: String(seconds),
    [`${prefix}-signature`]: signature,
  })
}

function svixSays(configured: readonly string[], body: string, headers: Record<string, string>): boolean {
  return configured.some((each) => {
    try {
      new Webhook(each).verify(body, headers)
      return true
    } catch {
      return false
    }
  })
}

function verdict(
  configured: readonly string[],
  body: string | Buffer,
  headers: Record<string, string>,
  nowMs = Date.now(),
): boolean {
  const read = readSignature(headers, nowMs)
  return read.kind === 'signature' && createVerifier(configured)(Buffer.from(body), read.signature)
}

describe('the verification of a delivery', () => {
  test('gives the verdict of svix, for valid, tampered, stale, rotated and malformed ones', () => {
    let valid = 0
    let second = -1
    fc.assert(
      fc.property(deliveries, (delivery) => {
        const headers = headersOf(delivery)
        const now = () => Math.floor(Date.now() / 1000)
        const before = now()
        const expected = svixSays(delivery.configured, delivery.sentBody, headers)
        const given = verdict(delivery.configured, delivery.sentBody, headers)
        // The two read the clock themselves: what the change of a second decides is no difference between them.
        if (now() !== before) return
        second = before
        if (expected) valid += 1
        expect(given).toBe(expected)
      }),
      { numRuns: 2_000 },
    )
    expect(second).toBeGreaterThan(0)
    // A generator that makes only refused ones would prove nothing.
    expect(valid).toBeGreaterThan(200)
  })

  test.each([-300, 300])('takes a timestamp %i seconds from now, as svix does', (offset) => {
    const seconds = 1_800_000_000
    const headers = {
      'svix-id': 'msg',
      'svix-timestamp': String(seconds + offset),
      'svix-signature': new Webhook(WEBHOOK_SECRET).sign('msg', new Date((seconds + offset) * 1000), '{}'),
    }
    const verifyAt = (ms: number) => verdict([WEBHOOK_SECRET], '{}', headers, ms)
    expect(verifyAt(seconds * 1000)).toBe(true)
    expect(verifyAt((seconds + Math.sign(-offset)) * 1000)).toBe(false)
  })

  test('signs bytes: what is not UTF-8 is not taken for its replacement character', () => {
    const headers = {
      'svix-id': 'msg',
      'svix-timestamp': '1800000000',
      'svix-signature': new Webhook(WEBHOOK_SECRET).sign('msg', new Date(1_800_000_000_000), '\uFFFD'),
    }
    const at = 1_800_000_000_000
    expect(verdict([WEBHOOK_SECRET], '\uFFFD', headers, at)).toBe(true)
    expect(verdict([WEBHOOK_SECRET], Buffer.from([0xff]), headers, at)).toBe(false)
  })

  test.each(['whsec_', 'whsec_not base64!', 'whsec_ab-_'])('refuses the secret %j at start', (bad) => {
    expect(() => createVerifier([bad])).toThrow(/secret|base64/i)
  })
})
