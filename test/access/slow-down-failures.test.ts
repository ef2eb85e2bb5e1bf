import { expect, test } from 'vitest'
import { addressBlock } from '../../src/access/address-block.ts'
import { createFailureBrake, MAX_DELAY_MS } from '../../src/access/slow-down-failures.ts'

/** A brake with a clock of its own. A waiting failure goes on when the clock reaches its time. */
function rig() {
  let nowMs = 0
  const sleepers: { atMs: number; wake: () => void }[] = []
  const brake = createFailureBrake({
    sleep: (ms) => new Promise((wake) => void sleepers.push({ atMs: nowMs + ms, wake })),
    monotonicMs: () => nowMs,
  })
  const advance = async (ms: number): Promise<void> => {
    nowMs += ms
    for (const sleeper of sleepers.splice(0)) {
      if (sleeper.atMs <= nowMs) sleeper.wake()
      else sleepers.push(sleeper)
    }
    await new Promise(setImmediate)
  }
  const fail = (attempt: { family?: string; address?: string; name?: string | null } = {}) =>
    brake.fail({ family: 'key', address: '192.0.2.1', name: null, ...attempt })
  const forgive = (name: string) => brake.forgive({ family: 'key', address: '192.0.2.1', name })
  /** Makes several failures at once, and returns when each is answered 401. Null: it is answered 429. */
  const answersTo = async (count: number): Promise<(number | null)[]> => {
    const start = nowMs
    const answers = Array.from({ length: count }, async () => ((await fail()) ? nowMs - start : null))
    for (let i = 0; i <= 10 * MAX_DELAY_MS; i += 100) await advance(i === 0 ? 0 : 100)
    return Promise.all(answers)
  }
  return { fail, forgive, advance, answersTo, delays: () => sleepers.map(({ atMs }) => atMs - nowMs) }
}

test('C1, E13: no failure waits longer than the documented delay, however many come at once', async () => {
  const { answersTo } = rig()
  // Delays that add up would be 100, 300, 700, 1500, 3100, 6100, 9100, …
  expect(await answersTo(15)).toEqual([0, 0, 0, 100, 300, 700, 1500, ...Array<null>(8).fill(null)])
  expect(await answersTo(3)).toEqual([3000, null, null])
})

test('E13: guesses from an address that also has a good key are not sped up by its successes', async () => {
  const { fail, forgive, advance } = rig()
  let guesses = 0
  for (let second = 0; second < 60; second++) {
    for (let i = 0; i < 100; i++) {
      forgive('the good key')
      void fail({ name: `guess ${second} ${i}` }).then((isAnswered) => (guesses += isAnswered ? 1 : 0))
    }
    await advance(1_000)
  }
  // Three are free, four lead up to the longest delay, and then one is answered every three seconds.
  expect(guesses).toBeLessThanOrEqual(3 + 4 + 20)
  expect(guesses).toBeGreaterThanOrEqual(20)
})

test('E13: a success forgives the failures of its own key', async () => {
  const { fail, forgive, delays } = rig()
  for (let i = 0; i < 3; i++) await fail({ name: 'mistyped' })
  forgive('mistyped')
  for (let i = 0; i < 3; i++) expect(await fail({ name: 'mistyped' })).toBe(true)
  void fail({ name: 'mistyped' })
  expect(delays()).toEqual([100])
})

test('E13: failures count for each kind of credential and each address apart', async () => {
  const { fail, delays } = rig()
  for (let i = 0; i < 4; i++) void fail()
  expect(delays()).toEqual([100])
  for (const other of [{ family: 'seam_cst' }, { family: 'none' }, { address: '192.0.2.2' }]) {
    for (let i = 0; i < 3; i++) expect(await fail(other)).toBe(true)
  }
  expect(delays()).toEqual([100])
})

test('E13, I12: what is remembered of addresses and of guesses is bounded', async () => {
  const { fail, delays } = rig()
  for (let i = 0; i < 3; i++) await fail({ address: 'first' })
  for (let i = 0; i < 10_000; i++) await fail({ address: `other ${i}`, name: `guess ${i}` })
  // Its record was dropped in favour of the 10,000 addresses that failed later, so it begins again.
  expect(await fail({ address: 'first' })).toBe(true)
  expect(delays()).toEqual([])
})

test('E13: an address is forgotten a quarter of an hour after its last failure', async () => {
  const { fail, advance, delays } = rig()
  for (let i = 0; i < 3; i++) await fail()
  await advance(15 * 60_000)
  for (let i = 0; i < 3; i++) expect(await fail()).toBe(true)
  expect(delays()).toEqual([])
})

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2:ffff::1', '2001:db8:1:2::/64'],
  ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
  ['fe80::1%eth0', 'fe80::/64'],
  ['::1', '::/64'],
  ['nonsense', 'unknown'],
  [undefined, 'unknown'],
])('E13: attempts from %s count for %s', (address, block) => {
  expect(addressBlock(address)).toBe(block)
})
