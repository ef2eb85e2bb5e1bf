import { expect, onTestFinished, test, vi } from 'vitest'
import { type Clock, systemClock } from '../../src/runtime/on-schedule.ts'
import { startJob } from '../../src/runtime/start-job.ts'
import { simulatedClock } from './simulated-clock.ts'

/** A job whose every run waits until the test lets it end. */
function heldJob(
  whileRunning: 'run-again' | 'drop',
  skips: number[] = [],
  clock: Clock = simulatedClock(Date.now()),
) {
  const ends: (() => void)[] = []
  const seen = { runs: 0, atOnce: 0, most: 0, due: [] as boolean[] }
  const job = startJob({
    schedule: '* * * * * *',
    whileRunning,
    clock,
    run: async (isDue) => {
      seen.runs += 1
      seen.atOnce += 1
      seen.most = Math.max(seen.most, seen.atOnce)
      await new Promise<void>((resolve) => ends.push(resolve))
      seen.due.push(isDue())
      seen.atOnce -= 1
      return skips.shift() ?? 0
    },
  })
  const end = async (): Promise<void> => {
    ends.shift()?.()
    for (let i = 0; i < 10; i++) await Promise.resolve()
  }
  return { job, seen, end }
}

test('what is asked for during a run is one run after it, and the run hears of it', async () => {
  const { job, seen, end } = heldJob('run-again')
  const first = job.runNow()
  for (let i = 0; i < 5; i++) void job.runNow()
  await end()
  await end()
  await first
  expect(seen).toMatchObject({ runs: 2, most: 1, due: [true, false] })
})

test('or nothing, where it is to be dropped', async () => {
  const { job, seen, end } = heldJob('drop')
  const first = job.runNow()
  void job.runNow()
  await end()
  await first
  expect(seen).toMatchObject({ runs: 1, due: [false] })
})

test('a run says how many ticks are left out after it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] })
  onTestFinished(() => void vi.useRealTimers())
  const { job, seen, end } = heldJob('run-again', [3], systemClock)
  void job.runNow()
  await end()
  await vi.advanceTimersByTimeAsync(3_000)
  expect(seen.runs).toBe(1)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(seen.runs).toBe(2)
  await end()
  await job.stop()
})

test('I14: stopped, it waits for the run under way and begins no other', async () => {
  const clock = simulatedClock(Date.now())
  const { job, seen, end } = heldJob('run-again', [], clock)
  void job.runNow()
  void job.runNow()
  const stopped = job.stop()
  await end()
  await stopped
  clock.pass(10_000)
  await job.runNow()
  expect(seen.runs).toBe(1)
})
