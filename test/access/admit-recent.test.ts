import { describe, expect, onTestFinished, test } from 'vitest'
import { admitRecent } from '../../src/access/admit-recent.ts'
import type { Caller } from '../../src/domain/caller.ts'
import { admitAuthenticated } from '../../src/http/admit.ts'
import { integer } from '../../src/http/param-kinds.ts'
import { defineParams } from '../../src/http/read-params.ts'
import { type Proven, type Takes, textRoute } from '../../src/http/route.ts'
import { serve } from '../http/serve.ts'
import { testAccess } from '../support/test-access.ts'

describe('A caller that was known a moment ago', () => {
  const caller: Caller = { kind: 'key', keyId: 'k', workspaceId: 'w', scopes: ['events:read'] }
  const proof = { kind: 'key' as const, keyId: 'k', rowVersion: '1' }

  /** What was done for one POST, in order, and how it was answered. */
  async function ask(
    proven: Proven,
    now: Caller | null,
    { body = '{"limit":4}', takes = { key: null } }: { body?: string; takes?: Takes } = {},
  ) {
    const done: string[] = []
    const authenticate = () => {
      done.push('authenticate')
      return now
    }
    const route = textRoute({
      path: '/things/list',
      methods: ['POST'],
      summary: 'things',
      takes,
      provesCaller: true,
      params: defineParams({ limit: integer({ min: 1 }) }),
      answer: async ({ limit }, call) => {
        done.push(call.proof === null ? 'answer' : 'recent answer')
        return call.proof === null ? { text: JSON.stringify({ limit }) } : { text: '"recent"', proven }
      },
    })
    const admit = admitRecent(admitAuthenticated(authenticate), () => ({ caller, proof }))
    const own = await serve([route], { access: testAccess({ authenticate, admit }) })
    onTestFinished(async () => void (await own.stop(0)))
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(`${own.url}/things/list`, { method: 'POST', headers, body })
    return { done, status: response.status, text: await response.text() }
  }
  const other: Caller = { ...caller, scopes: [] }

  test('is answered by the query that proves it, and not looked up', async () => {
    const asked = await ask('yes', null)
    expect(asked).toEqual({ done: ['recent answer'], status: 200, text: '"recent"' })
  })

  test.each<[string, Caller | null, number, string[], string]>([
    ['is the same', structuredClone(caller), 200, [], '"recent"'],
    ['may do less now', other, 200, ['answer'], '{"limit":4}'],
    ['is nobody any more', null, 401, [], 'unauthorized'],
  ])(
    'I10: without rows to prove it is looked up, and if it %s …',
    async (_title, now, status, then, text) => {
      const asked = await ask('unknown', now)
      expect(asked).toMatchObject({ status, done: ['recent answer', 'authenticate', ...then] })
      expect(asked.text).toContain(text)
    },
  )

  test.each<[string, Caller | null, number, string[]]>([
    ['with what it may do now', structuredClone(caller), 200, ['answer']],
    ['or not at all', null, 401, []],
  ])('I10: when the query refutes it, is looked up and answered %s', async (_title, now, status, then) => {
    const asked = await ask('no', now)
    expect(asked.status).toBe(status)
    expect(asked.done).toEqual(['recent answer', 'authenticate', ...then])
  })

  test.each([
    [caller, 400],
    [null, 401],
  ])('I10: hears what is wrong with its request only if it is still known', async (now, status) => {
    const asked = await ask('no', now, { body: '{"limit":0}' })
    expect(asked).toMatchObject({ status, done: ['authenticate'] })
  })

  test('I10: is told what it may do now, not what it might a moment ago', async () => {
    const more: Caller = { ...caller, scopes: ['events:read', 'client_sessions:read'] }
    const takes = { key: 'client_sessions:read' } as const
    expect(await ask('yes', more, { takes })).toMatchObject({ status: 200, done: ['authenticate', 'answer'] })
    expect(await ask('yes', structuredClone(caller), { takes })).toMatchObject({
      status: 403,
      done: ['authenticate'],
    })
  })

  test('I10: is not even remembered where its kind is not taken', async () => {
    const takes = { client_session: null }
    expect(await ask('yes', caller, { takes })).toMatchObject({ status: 401, done: ['authenticate'] })
  })
})
