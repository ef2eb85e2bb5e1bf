import { describe, expect, test } from 'vitest'
import { protectUnusable, quarantineContext } from '../../src/ingest/protect-secrets.ts'
import { sealingSecrets } from '../../src/secrets/sealing-secrets.ts'
import { WORKSPACE_ID } from '../support/sample-event.ts'
import { maskingSecrets } from '../../src/secrets/masking-secrets.ts'

const PIN = '83041725'
const secrets = sealingSecrets([Buffer.alloc(32, 7)])

const item = (body: string | Buffer) => ({
  kind: 'unusable' as const,
  workspaceId: WORKSPACE_ID,
  reason: 'not_json' as const,
  detail: 'The body is not JSON.',
  body: Buffer.from(body as string),
})
const kept = (body: string | Buffer): string =>
  protectUnusable(item(body), maskingSecrets()).body.toString('latin1')

describe('a body that cannot be used, without a secrets key', () => {
  test.each<[string, string]>([
    ['JSON with a code', `{"code":"${PIN}","created_at":"yesterday"}`],
    ['an envelope around the event', `{"event":{"code":"${PIN}"},"ok":true}`],
    ['a list of events', `[{"code":"${PIN}"}]`],
    ['a list in a list', `[[{"from":{"code":${PIN}}}]]`],
    ['a JSON text', `"The code is ${PIN}"`],
    ['a JSON number', PIN],
    ['JSON that stops in the middle', `{"event_id":"x","code":"${PIN}","to":{"co`],
    ['JSON that stops after a number', `{"code":${PIN}`],
    ['a form', `code=${PIN}&x=1`],
    ['a line of a protocol', `code:${PIN}`],
    ['a sentence that ends with it', `The code is ${PIN}.`],
    ['a sign before it', `+${PIN} -${PIN}`],
    ['a letter beside it', `PIN${PIN}x code_${PIN}_`],
    ['a fraction', `${PIN}.0`],
    ['digits before and after', `0000${PIN}0000`],
  ])('I9: %s is kept without its PIN', (_title, body) => {
    expect(kept(body)).not.toContain(PIN)
    expect(protectUnusable(item(body), maskingSecrets()).isSealed).toBe(false)
  })

  const json = `{"code":"${PIN}","to":{"code":"81-23-45-67"},"from":{"code":"719"}`
  const utf16be = Buffer.from(json, 'utf16le').swap16()
  const utf32 = Buffer.concat(
    Array.from(json, (character) => Buffer.from([character.charCodeAt(0), 0, 0, 0])),
  )
  test.each<[string, string | Buffer]>([
    ['broken JSON', json],
    ['UTF-16', Buffer.from(`\ufeff${json}`, 'utf16le')],
    ['UTF-16 with the high byte first', utf16be],
    ['UTF-32', utf32],
    ['escapes of JSON', String.raw`{"code":"\u0038\u0033\u0030\u0034"`],
    ['escapes of a form', 'code=%38%33%30%34%31%37%32%35'],
    ['escapes of HTML', '<code>&#56;&#51;&#48;&#52;&#49;&#55;&#50;&#53;</code>'],
    ['blanks and dots', `8304 1725, 8304.1725, 8 3 0 4 1 7 2 5`],
  ])('E20, I9: in %s, dashed or not, of three digits or more, no digit of a PIN is kept', (_what, body) => {
    expect(kept(body)).not.toMatch(/[0-9](?=[^a-z]*[0-9])/i)
  })

  test('I9: bytes that are not UTF-8 are kept without their PIN, and otherwise as they are', () => {
    const body = Buffer.concat([Buffer.from(`{"code":"${PIN}","name":"`), Buffer.from([0xff, 0xe9])])
    const text = kept(body)
    expect(text).not.toContain(PIN)
    expect(text).toContain('"name":"\u{ff}\u{e9}')
  })

  test('ids and instants stay: they are what somebody looks for in quarantine', () => {
    const id = 'a8369012-2222-4097-9a94-426699841234'
    const body = `<event id=${id} at=2026-06-15T16:54:17.946309Z or=2026-06-15>${PIN}`
    expect(kept(body)).toBe(`<event id=${id} at=2026-06-15T16:54:17.946309Z or=2026-06-15>****`)
  })

  test('bodies that differ in their PIN alone have one digest: it must not tell them apart', () => {
    const digest = (pin: string) => protectUnusable(item(`not JSON ${pin}`), maskingSecrets()).digest
    expect(digest('83041725')).toEqual(digest('11112222'))
    expect(digest('83041725')).not.toEqual(protectUnusable(item('not JSON'), maskingSecrets()).digest)
  })
})

describe('a body that cannot be used, with a secrets key', () => {
  test('I9: is sealed whole, and opens to the bytes as they came', () => {
    const body = Buffer.concat([Buffer.from(`not JSON ${PIN} `), Buffer.from([0xff, 0, 0xe9])])
    const row = protectUnusable(item(body), secrets)
    expect(row.isSealed).toBe(true)
    expect(row.body.toString('latin1')).not.toContain(PIN)
    const opened = secrets.open(row.body, quarantineContext(WORKSPACE_ID))
    expect(Buffer.from(opened ?? '', 'base64')).toEqual(body)
    expect(secrets.open(row.body, quarantineContext(crypto.randomUUID()))).toBeNull()
  })

  test('has a digest that finds it again, and that a plain hash of a guessed body does not give', () => {
    const row = protectUnusable(item(`not JSON ${PIN}`), secrets)
    expect(protectUnusable(item(`not JSON ${PIN}`), secrets).digest).toEqual(row.digest)
    const other = sealingSecrets([Buffer.alloc(32, 8)])
    expect(protectUnusable(item(`not JSON ${PIN}`), other).digest).not.toEqual(row.digest)
  })
})
