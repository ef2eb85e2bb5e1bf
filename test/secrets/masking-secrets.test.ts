import { createHash, randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { maskingSecrets } from '../../src/secrets/masking-secrets.ts'
import { sealingSecrets } from '../../src/secrets/sealing-secrets.ts'

test('I9: secrets that are masked are neither sealed nor opened, with whatever key', () => {
  const masking = maskingSecrets()
  const sealed = sealingSecrets([randomBytes(32)]).seal('83041725', 'context')
  expect(masking.areKept).toBe(false)
  expect(masking.seal('83041725', 'context')).toBeNull()
  expect(masking.sealRepeatably('83041725', 'context')).toBeNull()
  expect(masking.open(sealed, 'context')).toBeNull()
  expect(masking.keyIds).toEqual([])
})

test('a masked value is told from others by its SHA-256, as those that are in quarantine already', () => {
  const value = Buffer.from('{"code":"****"}')
  expect(maskingSecrets().fingerprint(value)).toEqual(createHash('sha256').update(value).digest())
})
