import { writeFile } from 'node:fs/promises'
import { constants } from 'node:os'
import { parseArgs } from 'node:util'
import { stopOnSignal } from '../../src/runtime/stop-on-signal.ts'
import { startLabPostgres } from './lab-postgres.ts'
import { createPorts } from './ports.ts'
import { describeFindings, describeRound, describeRun, summarise } from './report.ts'
import type { Place } from './rig.ts'
import { type RoundResult, runRound } from './run-round.ts'
import { planRound } from './schedule.ts'

const HELP = `The fault laboratory: the real service, as processes, under a random but repeatable schedule of faults.

  npm run chaos -- [options]

  --rounds N      how many rounds; default 10
  --seed N        the first one's seed, the next has the next; default random
  --replay SEED   one round, with its schedule and the service's log
  --jobs N        rounds side by side, each job with a Postgres of its own; default 1
  --json FILE     the report as JSON

Exit code: 0 when nothing was lost, duplicated or falsely claimed; 1 otherwise.
`

const say = (line: string): void => void process.stdout.write(`${line}\n`)

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    replay: { type: 'string' },
    jobs: { type: 'string', default: '1' },
    json: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) process.stdout.write(HELP)
else await runLaboratory()

async function runLaboratory(): Promise<void> {
  const isReplay = values.replay !== undefined
  const firstSeed = countOf(values.replay ?? values.seed, isReplay ? '--replay' : '--seed')
  const rounds = isReplay ? 1 : countOf(values.rounds, '--rounds')
  const jobs = Math.min(rounds, Math.max(1, countOf(values.jobs, '--jobs')))
  say(`Seeds ${firstSeed} to ${firstSeed + rounds - 1}, ${jobs} side by side.`)
  const beganAt = performance.now()
  const starting = Array.from({ length: jobs }, () => startLabPostgres())
  stopOnSignal(async (signal) => {
    process.exitCode = 128 + constants.signals[signal]
    const started = await Promise.allSettled(starting)
    await Promise.all(started.map(async (each) => each.status === 'fulfilled' && each.value.stop()))
  })
  const servers = await Promise.all(starting)
  const ports = createPorts()
  const results: RoundResult[] = []
  let next = firstSeed
  try {
    await Promise.all(
      servers.map(async (postgres) => {
        while (next < firstSeed + rounds) results.push(await oneRound(next++, { postgres, ports }, isReplay))
      }),
    )
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
  }
  const report = summarise(results, firstSeed, performance.now() - beganAt)
  for (const line of describeRun(report)) say(line)
  if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(report, null, 2)}\n`)
  process.exitCode = report.failed.length > 0 ? 1 : 0
}

async function oneRound(seed: number, place: Place, isVerbose: boolean): Promise<RoundResult> {
  const plan = planRound(seed)
  if (isVerbose) {
    say(`Traits: ${plan.traits.map(({ name }) => name).join(', ') || 'none'}`)
    say(`${plan.historyEvents} events of ${plan.historyHours} hours, then ${plan.eventsPerSecond} a second`)
    for (const { fault, atMs, forMs } of plan.moments)
      say(`  ${atMs} ms: ${fault.name} (${fault.threatens}) for ${forMs} ms`)
  }
  const beganAt = performance.now()
  const narrate = (line: string): void => say(`  ${Math.round(performance.now() - beganAt)} ms: ${line}`)
  const result = await runRound(plan, place, isVerbose ? narrate : () => {})
  if (isVerbose) for (const line of result.log) say(line)
  say(describeRound(result))
  for (const line of describeFindings(result)) say(line)
  return result
}

function countOf(text: string, option: string): number {
  if (!/^\d{1,9}$/.test(text))
    throw new Error(`${option} ${text} is not a whole number of at most nine digits.`)
  return Number(text)
}
