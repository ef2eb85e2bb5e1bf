import { beforeEach, describe, expect, test } from 'vitest'
import { sealingSecrets } from '../../src/secrets/sealing-secrets.ts'
import { WORKSPACE_ID } from '../support/sample-event.ts'
import { databaseOfThisFile } from '../support/test-database.ts'
import { KEY, SECRETS, putAside, quarantined, runQuarantine } from './quarantine-rig.ts'
import { maskingSecrets } from '../../src/secrets/masking-secrets.ts'

const PIN = '83041725'
const OTHER_WORKSPACE = '4f3a2b1c-0000-4000-8000-000000000001'

const { database, db } = await databaseOfThisFile()
beforeEach(() => db.deleteFrom('quarantine').execute())

const run = (args: string[], ...keys: Buffer[]) => runQuarantine(database.url, args, keys)
const listed = async (...args: string[]) =>
  (JSON.parse((await run(['list', '--json', ...args])).text) as { items: { id: string }[] }).items
const idsListed = async (...args: string[]) => (await listed(...args)).map(({ id }) => id)

describe('quarantine list', () => {
  test('I11: shows each item with its reason, its path, and how often and when it was seen', async () => {
    const id = await putAside(db, 'no JSON', { secrets: maskingSecrets(), reason: 'not_json', path: 'poll' })
    await db
      .updateTable('quarantine')
      .set({ times_seen: 3, first_seen_at: '2026-06-15T16:54:17.900009Z' })
      .execute()
    const { text, error } = await run(['list'])
    expect(error).toBeNull()
    expect(text).toContain(`${id}  not_json  by poll  seen 3 times`)
    expect(text).toContain('The reason of the test.')
    expect(text).toContain(`workspace ${WORKSPACE_ID}; first seen 2026-06-15T16:54:17.900009Z;`)
    expect(await listed()).toEqual([
      {
        id,
        workspace_id: WORKSPACE_ID,
        path: 'poll',
        reason: 'not_json',
        detail: 'The reason of the test.',
        times_seen: 3,
        first_seen_at: '2026-06-15T16:54:17.900009Z',
        last_seen_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      },
    ])
  })

  test('shows the item that was seen last first, even when it is an old one', async () => {
    const old = await putAside(db, 'an old one', { secrets: maskingSecrets() })
    const newer = await putAside(db, 'a newer one', { secrets: maskingSecrets() })
    expect(await idsListed()).toEqual([newer, old])
    await db
      .updateTable('quarantine')
      .set({ last_seen_at: '2100-01-01T00:00:00Z' })
      .where('quarantine_id', '=', old)
      .execute()
    expect(await idsListed()).toEqual([old, newer])
  })

  test('takes --workspace, --reason and --limit, and says when there are more than it shows', async () => {
    const mine = await putAside(db, 'one', { secrets: maskingSecrets(), reason: 'not_json' })
    const theirs = await putAside(db, 'two', {
      secrets: maskingSecrets(),
      reason: 'not_json',
      workspaceId: OTHER_WORKSPACE,
    })
    const other = await putAside(db, 'three', { secrets: maskingSecrets(), reason: 'bad_event_id' })
    expect(await idsListed('--workspace', WORKSPACE_ID.toUpperCase())).toEqual([other, mine])
    expect(await idsListed('--reason', 'not_json')).toEqual([theirs, mine])
    expect(await idsListed('--reason', 'not_json', '--workspace', OTHER_WORKSPACE)).toEqual([theirs])
    expect(await idsListed('--limit', '2')).toEqual([other, theirs])
    expect((await run(['list', '--limit', '2'])).said.at(-1)).toBe('These are 2 of 3; --limit shows more.')
    expect((await run(['list'])).said).toEqual([])
  })

  test('shows fifty unless told otherwise', async () => {
    for (let i = 0; i < 51; i++) await putAside(db, `no JSON ${'x'.repeat(i)}`, { secrets: maskingSecrets() })
    expect(await listed()).toHaveLength(50)
  })

  test('says that nothing is there, and refuses an invalid limit and an unknown workspace', async () => {
    expect(await run(['list'])).toMatchObject({ text: '', said: ['The quarantine is empty.'] })
    expect((await run(['list', '--reason', 'not_json'])).said).toEqual(['No such item is in quarantine.'])
    expect(await listed()).toEqual([])
    for (const limit of ['0', '-1', 'many', '1.5'])
      expect((await run(['list', `--limit=${limit}`])).error?.message).toContain('--limit must be a number')
    expect((await run(['list', '--workspace', 'mine'])).error?.message).toContain('UUID')
  })
})

describe('quarantine show', () => {
  const body = `{"created_at":"yesterday","code":"${PIN}","name":"caf\u{e9}"}`

  test('I11: shows everything about an item, with its body as text', async () => {
    const id = await putAside(db, body, { secrets: SECRETS })
    const { lines, text, error } = await run(['show', id], KEY)
    expect(error).toBeNull()
    expect(lines.slice(0, 5)).toEqual([
      `id: ${id}`,
      `workspace: ${WORKSPACE_ID}`,
      'path: webhook',
      'reason: bad_created_at',
      'detail: The reason of the test.',
    ])
    expect(text).toMatch(/^seen: once, first \d{4}-.*Z, last \d{4}-.*Z$/m)
    expect(text).toContain('"name":"caf\u{e9}"}')
  })

  test('I9: masks the PINs of a sealed body and says so, unless --secrets is given', async () => {
    const id = await putAside(db, body, { secrets: SECRETS })
    const masked = await run(['show', id], KEY)
    expect(masked.text).not.toContain(PIN)
    expect(masked.lines.at(-1)).toBe(`\n${body.replace(`"${PIN}"`, '"****"')}`)
    expect(masked.text).toContain('--secrets shows it')
    const whole = await run(['show', id, '--secrets'], KEY)
    expect(whole.lines.at(-1)).toBe(`\n${body}`)
    expect(whole.text).not.toContain('--secrets')
  })

  test('I9: masks possible PINs in a body that is not JSON as well', async () => {
    const id = await putAside(db, `not JSON ${PIN}`, { secrets: SECRETS })
    expect((await run(['show', id], KEY)).lines.at(-1)).toBe('\nnot JSON ****')
    expect((await run(['show', id, '--secrets'], KEY)).lines.at(-1)).toBe(`\nnot JSON ${PIN}`)
  })

  test('says which key is missing when none opens the body', async () => {
    const id = await putAside(db, body, { secrets: SECRETS })
    for (const keys of [[], [Buffer.alloc(32, 8)]]) {
      const { lines, error } = await run(['show', id, '--secrets'], ...keys)
      expect(error).toBeNull()
      expect(lines.at(-1)).toContain('sealed with a key that is not configured')
      expect(lines.at(-1)).toContain(SECRETS.keyIds[0])
    }
  })

  test('does not blame a missing key when the sealed body was changed', async () => {
    const id = await putAside(db, body, { secrets: SECRETS })
    const row = await quarantined(db, id)
    const changed = Buffer.from(row?.body ?? [])
    changed[changed.length - 1] = (changed.at(-1) ?? 0) ^ 1
    await db.updateTable('quarantine').set({ body: changed }).execute()
    expect((await run(['show', id], KEY)).lines.at(-1)).toContain('it was changed')
  })

  test('opens a body that an older key of the ring has sealed', async () => {
    const id = await putAside(db, body, { secrets: sealingSecrets([Buffer.alloc(32, 9)]) })
    const { lines, error } = await run(['show', id, '--secrets'], KEY, Buffer.alloc(32, 9))
    expect(error).toBeNull()
    expect(lines.at(-1)).toBe(`\n${body}`)
  })

  test('says that a body was kept without its PINs, because there was no key', async () => {
    const id = await putAside(db, body, { secrets: maskingSecrets() })
    const { lines, text } = await run(['show', id, '--secrets'], KEY)
    expect(text).toContain('kept without its PINs, because there was no secrets key')
    expect(lines.at(-1)).toBe(`\n${body.replace(`"${PIN}"`, '"****"')}`)
  })

  test('shows bytes that are not UTF-8, and control characters without obeying them', async () => {
    const bytes = Buffer.concat([Buffer.from('a\u001b[2Jb\nc\u009b'), Buffer.from([0xff])])
    const id = await putAside(db, bytes, { secrets: SECRETS, reason: 'not_utf8' })
    const { lines, text } = await run(['show', id], KEY)
    expect(lines.at(-1)).toBe('\na\\u001b[2Jb\nc\\u009b\u{fffd}')
    expect(text).toContain('not UTF-8')
  })

  test.each(['999999', '12x', '-', '99999999999999999999'])('fails for the unknown id %s', async (id) => {
    const { lines, error } = await run(['show', id])
    expect(lines).toEqual([])
    expect(error?.message).toBe(`There is no item ${id} in quarantine; see seam-mirror quarantine list.`)
  })
})
