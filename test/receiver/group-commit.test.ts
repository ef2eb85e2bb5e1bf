import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createGroupCommit, type GroupCommit, OverloadedError } from '../../src/receiver/group-commit.ts'

/** A flush that the test ends: `batches` are what it was called with. */
function controlledFlush() {
  const batches: { items: string[]; succeed: () => void; fail: (error: Error) => void }[] = []
  const flush = (items: string[]) =>
    new Promise<void>((resolve, reject) => {
      batches.push({ items, succeed: resolve, fail: reject })
    })
  return { batches, flush }
}

const NO_LIMITS = {
  maxFlushes: 1,
  maxBatchItems: 1000,
  maxWaitingItems: 1000,
  maxWaitingBytes: 1_000_000,
  maxWaitMs: 5_000,
  monotonicMs: () => 0,
}

/** Lets everything that is ready to run do so. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

function track(promise: Promise<void>) {
  const tracked = { state: 'pending', error: undefined as unknown }
  promise.then(
    () => Object.assign(tracked, { state: 'resolved' }),
    (error: unknown) => Object.assign(tracked, { state: 'rejected', error }),
  )
  return tracked
}

/** Submits the first item alone, so that its flush is under way when the others come. */
async function submitBehind(commit: GroupCommit<string>, [first = '', ...others]: readonly string[]) {
  const underWay = track(commit.submit(first, 1))
  await turn()
  return [underWay, ...others.map((item) => track(commit.submit(item, 1)))]
}

describe('group commit', () => {
  test('an idle one flushes in the same turn of the event loop, once everybody who has something to submit has done so', async () => {
    const { batches, flush } = controlledFlush()
    const commit = createGroupCommit({ flush, ...NO_LIMITS })
    const nextTurn = turn().then(() => batches.map(({ items }) => items))
    const submitAfter = async (microtasks: number, item: string) => {
      for (let i = 0; i < microtasks; i++) await Promise.resolve()
      await commit.submit(item, 1)
    }
    void submitAfter(1, 'a')
    void submitAfter(9, 'b')
    expect(await nextTurn).toEqual([['a', 'b']])
  })

  test('what arrives during a flush is the next batch, in order of arrival', async () => {
    const { batches, flush } = controlledFlush()
    const commit = createGroupCommit({ flush, ...NO_LIMITS })
    const submitted = await submitBehind(commit, ['a', 'b', 'c', 'd'])
    expect(batches).toHaveLength(1)
    batches[0]?.succeed()
    await turn()
    expect(batches.map(({ items }) => items)).toEqual([['a'], ['b', 'c', 'd']])
    expect(submitted.map(({ state }) => state)).toEqual(['resolved', 'pending', 'pending', 'pending'])
    batches[1]?.succeed()
    await turn()
    expect(new Set(submitted.map(({ state }) => state))).toEqual(new Set(['resolved']))
    void commit.submit('e', 1)
    await turn()
    expect(batches[2]?.items).toEqual(['e'])
  })

  test('whoever submits again as soon as it is answered is not forgotten', async () => {
    const { batches, flush } = controlledFlush()
    const commit = createGroupCommit({ flush, ...NO_LIMITS })
    const again = track(commit.submit('a', 1).then(() => commit.submit('b', 1)))
    for (let i = 0; i < 3; i++) {
      await turn()
      batches[i]?.succeed()
    }
    await turn()
    expect(again.state).toBe('resolved')
  })

  test('as many flushes as allowed go on at the same time, and end in any order', async () => {
    const { batches, flush } = controlledFlush()
    const commit = createGroupCommit({ flush, ...NO_LIMITS, maxFlushes: 2 })
    const submitted = await submitBehind(commit, ['a', 'b'])
    await turn()
    submitted.push(...['c', 'd'].map((item) => track(commit.submit(item, 1))))
    expect(batches.map(({ items }) => items)).toEqual([['a'], ['b']])
    batches[1]?.succeed()
    await turn()
    expect(submitted.map(({ state }) => state)).toEqual(['pending', 'resolved', 'pending', 'pending'])
    expect(batches.map(({ items }) => items)).toEqual([['a'], ['b'], ['c', 'd']])
    const drained = track(commit.drain())
    batches[2]?.succeed()
    await turn()
    expect(drained.state).toBe('pending')
    batches[0]?.succeed()
    await turn()
    expect(drained.state).toBe('resolved')
    expect(new Set(submitted.map(({ state }) => state))).toEqual(new Set(['resolved']))
  })

  test('another flush begins beside one only when as many wait as are in it', async () => {
    const { batches, flush } = controlledFlush()
    const commit = createGroupCommit({ flush, ...NO_LIMITS, maxFlushes: 2 })
    const submit = async (...items: string[]) => {
      for (const item of items) void commit.submit(item, 1)
      await turn()
    }
    await submit('a', 'b', 'c')
    await submit('d', 'e')
    expect(batches.map(({ items }) => items)).toEqual([['a', 'b', 'c']])
    await submit('f')
    expect(batches.map(({ items }) => items)).toEqual([
      ['a', 'b', 'c'],
      ['d', 'e', 'f'],
    ])
    // Two are under way, and the first to end makes room for whatever waits that is as much as the other.
    await submit('g', 'h', 'i', 'j')
    batches[0]?.succeed()
    await turn()
    expect(batches[2]?.items).toEqual(['g', 'h', 'i', 'j'])
    // Less than that waits for both.
    await submit('k')
    batches[1]?.succeed()
    await turn()
    expect(batches).toHaveLength(3)
    batches[2]?.succeed()
    await turn()
    expect(batches[3]?.items).toEqual(['k'])
  })

  test('a full batch does not wait for a flush that is larger', async () => {
    const { batches, flush } = controlledFlush()
    const commit = createGroupCommit({ flush, ...NO_LIMITS, maxFlushes: 3, maxBatchItems: 2 })
    for (const item of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) void commit.submit(item, 1)
    await turn()
    expect(batches.map(({ items }) => items)).toEqual([
      ['a', 'b'],
      ['c', 'd'],
      ['e', 'f'],
    ])
  })

  test('a batch has no more than its limit', async () => {
    const { batches, flush } = controlledFlush()
    const commit = createGroupCommit({ flush, ...NO_LIMITS, maxBatchItems: 2 })
    await submitBehind(commit, ['a', 'b', 'c', 'd', 'e', 'f'])
    for (let i = 0; i < 4; i++) {
      batches[i]?.succeed()
      await turn()
    }
    expect(batches.map(({ items }) => items)).toEqual([['a'], ['b', 'c'], ['d', 'e'], ['f']])
  })

  test('a failed flush rejects exactly its own batch, with its error', async () => {
    const { batches, flush } = controlledFlush()
    const commit = createGroupCommit({ flush, ...NO_LIMITS, maxBatchItems: 2 })
    const [first, second, third, fourth] = await submitBehind(commit, ['a', 'b', 'c', 'd'])
    batches[0]?.succeed()
    await turn()
    const lost = new Error('the database went away')
    batches[1]?.fail(lost)
    await turn()
    expect(first?.state).toBe('resolved')
    expect([second, third]).toEqual([
      { state: 'rejected', error: lost },
      { state: 'rejected', error: lost },
    ])
    expect(fourth?.state).toBe('pending')
    batches[2]?.succeed()
    await turn()
    expect(fourth?.state).toBe('resolved')
  })

  test('I12: past the number of waiting items it refuses at once, and takes more when there is room', async () => {
    const { batches, flush } = controlledFlush()
    const commit = createGroupCommit({ flush, ...NO_LIMITS, maxWaitingItems: 2 })
    const taken = await submitBehind(commit, ['a', 'b', 'c'])
    await expect(commit.submit('d', 1)).rejects.toBeInstanceOf(OverloadedError)
    expect(taken.map(({ state }) => state)).toEqual(['pending', 'pending', 'pending'])
    batches[0]?.succeed()
    await turn()
    const later = track(commit.submit('e', 1))
    batches[1]?.succeed()
    await turn()
    batches[2]?.succeed()
    await turn()
    expect(later.state).toBe('resolved')
    expect(batches.map(({ items }) => items)).toEqual([['a'], ['b', 'c'], ['e']])
  })

  test('I12: past the number of waiting bytes it refuses at once, and counts them down again', async () => {
    const { batches, flush } = controlledFlush()
    const commit = createGroupCommit({ flush, ...NO_LIMITS, maxWaitingBytes: 100 })
    void commit.submit('under way', 100)
    await turn()
    void commit.submit('waiting', 60)
    await expect(commit.submit('too much', 41)).rejects.toBeInstanceOf(OverloadedError)
    void commit.submit('just fits', 40)
    for (let i = 0; i < 2; i++) {
      batches[i]?.succeed()
      await turn()
    }
    void commit.submit('under way', 1)
    await turn()
    await expect(commit.submit('room again', 101)).rejects.toBeInstanceOf(OverloadedError)
    const fits = track(commit.submit('room again', 100))
    batches[2]?.succeed()
    await turn()
    batches[3]?.succeed()
    await turn()
    expect(fits.state).toBe('resolved')
  })

  test('I12: what has waited too long for a flush is refused when the one before it ends, and what came later is stored', async () => {
    const { batches, flush } = controlledFlush()
    let now = 0
    const commit = createGroupCommit({ flush, ...NO_LIMITS, maxWaitMs: 100, monotonicMs: () => now })
    const submit = (item: string) => track(commit.submit(item, 1))
    const first = submit('under way for long')
    await turn()
    const early = [submit('b'), submit('c')]
    now = 50
    const late = submit('d')
    now = 101
    batches[0]?.fail(new Error('timed out'))
    await turn()
    expect(first.state).toBe('rejected')
    expect(early.map(({ error }) => error instanceof OverloadedError)).toEqual([true, true])
    expect(batches.map(({ items }) => items)).toEqual([['under way for long'], ['d']])
    batches[1]?.succeed()
    await turn()
    expect(late.state).toBe('resolved')

    // With everything overdue there is nothing to flush, and the next item begins anew.
    submit('e')
    await turn()
    submit('f')
    now = 300
    batches[2]?.fail(new Error('timed out'))
    await turn()
    expect(batches).toHaveLength(3)
    submit('g')
    await turn()
    expect(batches[3]?.items).toEqual(['g'])
  })

  test('I14: drain takes nothing more and waits until all that was taken is settled', async () => {
    const { batches, flush } = controlledFlush()
    const commit = createGroupCommit({ flush, ...NO_LIMITS, maxBatchItems: 1 })
    const submitted = ['a', 'b', 'c'].map((item) => track(commit.submit(item, 1)))
    // Also what no flush has been begun for.
    const drained = track(commit.drain())
    await expect(commit.submit('late', 1)).rejects.toBeInstanceOf(OverloadedError)
    await turn()
    batches[0]?.succeed()
    await turn()
    batches[1]?.fail(new Error('a failure ends nothing'))
    await turn()
    expect(drained.state).toBe('pending')
    batches[2]?.succeed()
    await turn()
    expect(drained.state).toBe('resolved')
    expect(submitted.map(({ state }) => state)).toEqual(['resolved', 'rejected', 'resolved'])
    expect(batches.map(({ items }) => items)).toEqual([['a'], ['b'], ['c']])
  })

  test('I14: draining an idle one ends at once', async () => {
    const { flush } = controlledFlush()
    await expect(createGroupCommit({ flush, ...NO_LIMITS }).drain()).resolves.toBeUndefined()
  })

  test('a flush that throws instead of rejecting fails its batch and nothing else', async () => {
    let calls = 0
    const commit = createGroupCommit<string>({
      flush: () => {
        calls += 1
        if (calls === 1) throw new Error('thrown')
        return Promise.resolve()
      },
      ...NO_LIMITS,
    })
    await expect(commit.submit('a', 1)).rejects.toThrow('thrown')
    await commit.submit('b', 1)
  })

  test('I1: in any interleaving each item settles once, and resolves only after a flush with it succeeded', async () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ do: fc.constant('submit' as const), bytes: fc.nat(30) }) },
      { weight: 2, arbitrary: fc.constant({ do: 'succeed' as const }) },
      { weight: 1, arbitrary: fc.constant({ do: 'fail' as const }) },
      { weight: 2, arbitrary: fc.constant({ do: 'turn' as const }) },
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 60 }),
        fc.record({
          maxFlushes: fc.integer({ min: 1, max: 3 }),
          maxBatchItems: fc.integer({ min: 1, max: 5 }),
          maxWaitingItems: fc.integer({ min: 1, max: 8 }),
          maxWaitingBytes: fc.integer({ min: 30, max: 150 }),
        }),
        async (steps, limits) => {
          const { batches, flush } = controlledFlush()
          const durable = new Set<string>()
          let ended = 0
          const end = (succeeds: boolean) => {
            const batch = batches[ended]
            if (batch === undefined) return
            ended += 1
            if (succeeds) for (const item of batch.items) durable.add(item)
            if (succeeds) batch.succeed()
            else batch.fail(new Error('lost'))
          }
          const commit = createGroupCommit({ flush, ...NO_LIMITS, ...limits })
          const settled: { item: string; outcome: string; wasDurable: boolean }[] = []
          let count = 0
          for (const current of steps) {
            if (current.do === 'submit') {
              const item = `item ${count++}`
              const settle = (outcome: string) =>
                settled.push({ item, outcome, wasDurable: durable.has(item) })
              commit.submit(item, current.bytes).then(
                () => settle('resolved'),
                (error: unknown) => settle(error instanceof OverloadedError ? 'refused' : 'failed'),
              )
            } else if (current.do === 'turn') await turn()
            else end(current.do === 'succeed')
            expect(batches.length - ended).toBeLessThanOrEqual(limits.maxFlushes)
          }
          const drained = commit.drain()
          while (settled.length < count) {
            end(true)
            await turn()
          }
          await drained

          expect(settled.map(({ item }) => item).toSorted()).toEqual(
            Array.from({ length: count }, (_, i) => `item ${i}`).toSorted(),
          )
          for (const { outcome, wasDurable } of settled) expect(wasDurable).toBe(outcome === 'resolved')
          const flushed = batches.flatMap(({ items }) => items)
          expect(new Set(flushed).size).toBe(flushed.length)
          expect(flushed.length).toBe(settled.filter(({ outcome }) => outcome !== 'refused').length)
          for (const { items } of batches) expect(items.length).toBeLessThanOrEqual(limits.maxBatchItems)
        },
      ),
      { numRuns: 300 },
    )
  })
})
