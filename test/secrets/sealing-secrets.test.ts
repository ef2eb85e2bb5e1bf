import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { sealingSecrets, keyIdOf, sealedWith } from '../../src/secrets/sealing-secrets.ts'

const OLD = Buffer.alloc(32, 1)
const NEW = Buffer.alloc(32, 2)
const HEADER_BYTES = 33

/** Any text that UTF-8 can carry: astral characters, NUL, and what looks like JSON. */
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), fc.json())

describe('secrets that are sealed', () => {
  test('opens what it sealed, in the same context, to exactly the same text', () => {
    const ring = sealingSecrets([NEW])
    const holds = fc.property(text, text, (plain, context) => {
      expect(ring.open(ring.seal(plain, context), context)).toBe(plain)
    })
    expect(fc.check(holds, { numRuns: 500 })).toMatchObject({ failed: false, error: null })
  })

  test('I9: opens nothing in another context, so that a value copied into another row stays shut', () => {
    const ring = sealingSecrets([NEW])
    const holds = fc.property(text, text, text, (plain, context, other) => {
      fc.pre(context !== other)
      expect(ring.open(ring.seal(plain, context), other)).toBeNull()
    })
    expect(fc.check(holds)).toMatchObject({ failed: false, error: null })
  })

  test('opens nothing in which any byte was changed, cut off or added', () => {
    const ring = sealingSecrets([NEW, OLD])
    const sealed = ring.seal('[{"at":8,"text":"\\"83041725\\""}]', 'event:a:b')
    for (let at = 0; at < sealed.length; at++) {
      for (const bit of [1, 128]) {
        const changed = Buffer.from(sealed)
        changed[at] = (changed[at] ?? 0) ^ bit
        expect(ring.open(changed, 'event:a:b'), `byte ${at}`).toBeNull()
      }
      expect(ring.open(sealed.subarray(0, at), 'event:a:b'), `${at} bytes`).toBeNull()
    }
    expect(ring.open(Buffer.concat([sealed, Buffer.alloc(1)]), 'event:a:b')).toBeNull()
    expect(ring.open(sealed, 'event:a:b')).not.toBeNull()
  })

  test('takes what a driver gives it: any Uint8Array, also a window of a larger one', () => {
    const ring = sealingSecrets([NEW])
    const sealed = ring.seal('text', 'context')
    const larger = new Uint8Array(sealed.length + 10)
    larger.set(sealed, 5)
    expect(ring.open(larger.subarray(5, 5 + sealed.length), 'context')).toBe('text')
  })

  test('never throws for bytes that nobody sealed', () => {
    const ring = sealingSecrets([NEW])
    const id = Buffer.from(keyIdOf(NEW), 'hex')
    const holds = fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (bytes, looksRight) => {
      const value = looksRight ? Buffer.concat([Buffer.from([1]), id, bytes]) : bytes
      expect(ring.open(value, 'context')).toBeNull()
    })
    expect(fc.check(holds, { numRuns: 500 })).toMatchObject({ failed: false, error: null })
  })

  test('with another key opens nothing', () => {
    const sealed = sealingSecrets([OLD]).seal('text', 'context')
    expect(sealingSecrets([NEW]).open(sealed, 'context')).toBeNull()
    expect(sealingSecrets([randomBytes(32), randomBytes(32)]).open(sealed, 'context')).toBeNull()
  })

  test('seals with its first key, and opens with the older ones after it', () => {
    const before = sealingSecrets([OLD]).seal('from before', 'context')
    const rotated = sealingSecrets([NEW, OLD])
    expect(rotated.open(before, 'context')).toBe('from before')
    const after = rotated.seal('from after', 'context')
    expect(sealedWith(after)).toBe(keyIdOf(NEW))
    expect(sealingSecrets([NEW]).open(after, 'context')).toBe('from after')
    expect(sealingSecrets([OLD]).open(after, 'context')).toBeNull()
  })

  test('names its keys, the sealing one first, by ids that say nothing about them', () => {
    expect(sealingSecrets([NEW, OLD]).keyIds).toEqual([keyIdOf(NEW), keyIdOf(OLD)])
    expect(sealingSecrets([OLD, NEW]).keyIds).toEqual([keyIdOf(OLD), keyIdOf(NEW)])
    expect(sealingSecrets([OLD, OLD]).keyIds).toEqual([keyIdOf(OLD)])
    const key = randomBytes(32)
    expect(keyIdOf(key)).toMatch(/^[0-9a-f]{8}$/)
    expect(key.toString('hex')).not.toContain(keyIdOf(key))
  })

  test('takes a fresh nonce for each value: the same text never looks the same twice', () => {
    const ring = sealingSecrets([NEW])
    const sealed = Array.from({ length: 1000 }, () => ring.seal('83041725', 'context'))
    const nonces = sealed.map((value) => value.subarray(5, 17).toString('hex'))
    expect(new Set(nonces).size).toBe(1000)
    const ciphertexts = sealed.map((value) => value.subarray(HEADER_BYTES).toString('hex'))
    expect(new Set(ciphertexts).size).toBe(1000)
  })

  test('I9: shows neither the text nor the context in what it seals', () => {
    const sealed = sealingSecrets([NEW]).seal('83041725', 'event:of a workspace').toString('latin1')
    expect(sealed).not.toContain('83041725')
    expect(sealed).not.toContain('workspace')
  })

  test('gives the same fingerprint for the same bytes, and another one with another key', () => {
    const value = Buffer.from('{"code":"83041725"}')
    const print = sealingSecrets([NEW, OLD]).fingerprint(value)
    expect(sealingSecrets([NEW]).fingerprint(value)).toEqual(print)
    expect(sealingSecrets([NEW]).fingerprint(Buffer.from('{"code":"83041726"}'))).not.toEqual(print)
    expect(sealingSecrets([OLD]).fingerprint(value)).not.toEqual(print)
  })
})

describe('sealedWith', () => {
  test('tells the key of a sealed value, whichever ring looks at it', () => {
    expect(sealedWith(sealingSecrets([NEW, OLD]).seal('', ''))).toBe(keyIdOf(NEW))
    expect(sealedWith(sealingSecrets([OLD]).seal('text', 'context'))).toBe(keyIdOf(OLD))
  })

  test('is null for what is no sealed value: too short, or of another format', () => {
    const sealed = sealingSecrets([NEW]).seal('', '')
    expect(sealed).toHaveLength(HEADER_BYTES)
    expect(sealedWith(sealed.subarray(0, HEADER_BYTES - 1))).toBeNull()
    expect(sealedWith(new Uint8Array())).toBeNull()
    sealed[0] = 2
    expect(sealedWith(sealed)).toBeNull()
  })
})
