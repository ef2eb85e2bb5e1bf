import { expect, test } from 'vitest'
import type { Caller } from '../../src/domain/caller.ts'
import { ApiError } from '../../src/http/api-error.ts'
import { createFairShares, type FairShares } from '../../src/http/create-fair-shares.ts'

const SHARES: FairShares = {
  slots: 4,
  slotsPerCaller: 2,
  waitingPerCaller: 3,
  waiting: 5,
  maxWaitMs: 600_000,
}

const caller = (keyId: string): Caller => ({ kind: 'key', keyId, workspaceId: 'w', scopes: [] })
const session = (clientSessionId: string): Caller => ({
  kind: 'client_session',
  workspaceId: 'w',
  clientSessionId,
  token: 't',
  connectedAccountIds: [],
  userIdentityIds: [],
  connectWebviewIds: [],
})

/** Work that is begun when its turn comes, and done when it is told to be. */
function rig(shares: Partial<FairShares> = {}) {
  const share = createFairShares({ ...SHARES, ...shares })
  const begun: string[] = []
  const finish = new Map<string, () => void>()
  const ask = (who: Caller, name: string): Promise<string> =>
    share(who, async () => {
      begun.push(name)
      await new Promise<void>((resolve) => finish.set(name, resolve))
      return name
    })
  const done = async (name: string): Promise<void> => {
    finish.get(name)?.()
    // All that follows from it: promises only.
    await new Promise(setImmediate)
  }
  return { share, begun, ask, done }
}

async function refusal(
  answer: Promise<unknown>,
): Promise<{ status: number; retryAfter: string | undefined }> {
  const error = await answer.then(
    () => null,
    (reason: unknown) => reason,
  )
  if (!(error instanceof ApiError)) throw new Error('It was not refused.')
  return { status: error.status, retryAfter: error.headers['retry-after'] }
}

test('E4: a caller that asks for everything at once leaves room for others', async () => {
  const { begun, ask } = rig()
  for (const name of ['a1', 'a2', 'a3', 'a4', 'a5']) void ask(caller('a'), name)
  void ask(caller('b'), 'b1')
  expect(begun).toEqual(['a1', 'a2', 'b1'])
})

test('E4: those who wait are served in turns, and each in the order in which it asked', async () => {
  const { begun, ask, done } = rig({ slots: 1, waiting: 10 })
  void ask(caller('x'), 'x')
  for (const name of ['a1', 'a2', 'a3']) void ask(caller('a'), name)
  for (const name of ['b1', 'b2']) void ask(session('b'), name)
  void ask(session('c'), 'c1')
  for (const name of ['x', 'a1', 'b1', 'c1', 'a2', 'b2']) await done(name)
  expect(begun).toEqual(['x', 'a1', 'b1', 'c1', 'a2', 'b2', 'a3'])
})

test('E4, I12: what one caller may let wait is limited (429), and what all may (503), each with Retry-After', async () => {
  const { begun, ask, done } = rig({ slots: 2 })
  for (let i = 0; i < 5; i++) void ask(caller('a'), `a${i}`)
  expect(await refusal(ask(caller('a'), 'too many'))).toEqual({ status: 429, retryAfter: '1' })
  for (let i = 0; i < 2; i++) void ask(caller('b'), `b${i}`)
  expect(await refusal(ask(caller('c'), 'too many'))).toEqual({ status: 503, retryAfter: '1' })
  await done('a0')
  // One place is free again.
  void ask(caller('c'), 'c0')
  for (const name of ['a1', 'a2', 'b0', 'c0', 'a3', 'b1', 'a4']) await done(name)
  expect(begun.toSorted()).toEqual(['a0', 'a1', 'a2', 'a3', 'a4', 'b0', 'b1', 'c0'])
})

test('E4, I12: whoever has waited too long for a turn is told so, and takes none later', async () => {
  const { begun, ask, done } = rig({ slots: 1, maxWaitMs: 1 })
  void ask(caller('a'), 'a')
  expect(await refusal(ask(caller('b'), 'b'))).toEqual({ status: 503, retryAfter: '1' })
  await done('a')
  void ask(caller('c'), 'c')
  expect(begun).toEqual(['a', 'c'])
})

test('E4: work that fails gives its place back, and its error to its caller', async () => {
  const { share, begun, ask } = rig({ slots: 1 })
  await expect(share(caller('a'), () => Promise.reject(new Error('no such table')))).rejects.toThrow(
    'no such',
  )
  void ask(caller('a'), 'next')
  expect(begun).toEqual(['next'])
})

test('E4, I12: ten thousand callers that came once are not remembered for ever', async () => {
  const { share, ask, begun } = rig()
  for (let i = 0; i < 10_000; i++) await share(session(`${i}`), async () => {})
  void ask(session('last'), 'last')
  expect(begun).toEqual(['last'])
})
