import { FAULTS } from './all-faults.ts'
import type { RoundResult } from './run-round.ts'
import { TRAITS } from './all-traits.ts'

/** The worst value of a figure, and the seed of its round. */
interface Worst {
  value: number
  seed: number
}

/** The report on all rounds of a run, which is printed and written to a file. */
export interface RunReport {
  firstSeed: number
  rounds: number
  durationSeconds: number
  secondsARound: number
  deliveries: number
  retries: number
  acknowledged: number
  kills: number
  terminations: number
  starts: number
  failedStarts: number
  /** How often Postgres was restarted, or could not be reached or written to. */
  outages: number
  /** Deadlocks that Postgres found, without those that the laboratory only raised as errors. */
  realDeadlocks: number
  /** How often deliveries were answered with each status; 0 means no answer. */
  answers: Record<string, number>
  events: number
  stored: number
  lost: number
  duplicated: number
  coverageSamples: number
  falseClaims: number
  claimedHours: number
  trueHours: number
  auditsFound: number
  auditsClean: number
  /** The longest time that `/livez` took to answer, and the round. */
  longestLivez: Worst
  /** The most memory that a process had, in MB. */
  peakMemory: Worst
  /** Answers to deliveries and to another caller while greedy readers were active and nothing else was wrong. */
  besideReaders: { taken: number; busy: number; asked: Record<string, number> }
  /** How often each fault and trait was applied. */
  applied: Record<string, number>
  failed: { seed: number; replay: string; findings: RoundResult['findings'] }[]
}

export function summarise(results: readonly RoundResult[], firstSeed: number, durationMs: number): RunReport {
  const sum = (of: (result: RoundResult) => number) =>
    results.reduce((total, result) => total + of(result), 0)
  const applied = Object.fromEntries([...FAULTS, ...TRAITS].map(({ name }) => [name, 0]))
  for (const name of results.flatMap((result) => result.applied)) applied[name] = (applied[name] ?? 0) + 1
  const durationSeconds = Math.round(durationMs / 1000)
  return {
    firstSeed,
    rounds: results.length,
    durationSeconds,
    secondsARound: round(sum(({ durationMs: ms }) => ms) / Math.max(1, results.length) / 1000),
    deliveries: sum(({ deliveries }) => deliveries.sent),
    retries: sum(({ deliveries }) => deliveries.retried),
    acknowledged: sum(({ acknowledged }) => acknowledged),
    kills: sum(({ kills }) => kills),
    terminations: sum(({ terminations }) => terminations),
    starts: sum(({ starts }) => starts),
    failedStarts: sum(({ failedStarts }) => failedStarts),
    outages: sum((result) => result.applied.filter((name) => name.startsWith('postgres.')).length),
    realDeadlocks: sum(({ counts }) => counts?.realDeadlocks ?? 0),
    answers: addUp(results.map(({ statuses }) => statuses)),
    events: sum(({ counts }) => counts?.upstream ?? 0),
    stored: sum(({ counts }) => counts?.stored ?? 0),
    lost: sum(({ counts }) => counts?.lost ?? 0),
    duplicated: sum(({ counts }) => counts?.duplicated ?? 0),
    coverageSamples: sum(({ samples }) => samples),
    falseClaims: sum((result) => result.falseClaims),
    claimedHours: round(sum(({ counts }) => counts?.claimedHours ?? 0)),
    trueHours: round(sum(({ counts }) => counts?.trueHours ?? 0)),
    auditsFound: sum(({ audits }) => audits.filter((outcome) => outcome === 'found').length),
    auditsClean: sum(({ audits }) => audits.filter((outcome) => outcome === 'clean').length),
    longestLivez: worst(results, ({ vitals }) => Math.round(vitals.longestLivezMs)),
    peakMemory: worst(results, ({ vitals }) => vitals.peakMemoryMb ?? 0),
    besideReaders: {
      taken: sum(({ vitals }) => vitals.besideReaders.taken),
      busy: sum(({ vitals }) => vitals.besideReaders.busy),
      asked: addUp(results.map(({ vitals }) => vitals.besideReaders.asked)),
    },
    applied,
    failed: results
      .filter(({ findings }) => findings.length > 0)
      .map(({ plan, findings }) => ({
        seed: plan.seed,
        replay: `npm run chaos -- --replay ${plan.seed}`,
        findings,
      })),
  }
}

function worst(results: readonly RoundResult[], of: (result: RoundResult) => number): Worst {
  const figures = results.map((result): Worst => ({ value: of(result), seed: result.plan.seed }))
  return figures.toSorted((a, b) => b.value - a.value)[0] ?? { value: 0, seed: 0 }
}

function addUp(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {}
  for (const [key, count] of counts.flatMap((one) => Object.entries(one)))
    total[key] = (total[key] ?? 0) + count
  return total
}

/** The line that is printed right after a round. */
export function describeRound({ plan, findings, counts, durationMs, kills, vitals }: RoundResult): string {
  const faults = plan.moments.map(({ fault }) => fault.name).join(', ') || 'no faults'
  const verdict = findings.length === 0 ? 'ok    ' : 'FAILED'
  const events = `${counts?.stored ?? '?'} of ${counts?.upstream ?? '?'} events`
  return `${verdict} seed ${plan.seed}: ${round(durationMs / 1000)} s, ${plan.replicas} replicas, ${events}, ${kills} kills, /livez ${Math.round(vitals.longestLivezMs)} ms, ${vitals.peakMemoryMb ?? '?'} MB; ${faults}`
}

export function describeFindings({ findings }: RoundResult): string[] {
  return findings.map(({ rule, what }) => `       ${rule}: ${what}`)
}

/** The report for a person. */
export function describeRun(report: RunReport): string[] {
  const names = Object.entries(report.applied)
  const never = names.filter(([, count]) => count === 0).map(([name]) => name)
  return [
    '',
    `${report.rounds} rounds in ${report.durationSeconds} s (${report.secondsARound} s a round), seeds from ${report.firstSeed} on`,
    `  deliveries ${report.deliveries}, retries ${report.retries}, acknowledged events ${report.acknowledged}; answers ${JSON.stringify(report.answers)}`,
    `  kills ${report.kills}, SIGTERMs ${report.terminations}, starts ${report.starts} (${report.failedStarts} failed for want of a database), troubles of Postgres ${report.outages}, deadlocks it found ${report.realDeadlocks}`,
    `  events ${report.events}, stored ${report.stored}, lost ${report.lost}, duplicated ${report.duplicated}`,
    `  coverage: looked at ${report.coverageSamples} times, false claims ${report.falseClaims}; claimed at the end ${report.claimedHours} h, true ${report.trueHours} h`,
    `  audits: ${report.auditsFound} found late events, ${report.auditsClean} found nothing missing`,
    `  /livez took ${report.longestLivez.value} ms at most (seed ${report.longestLivez.seed}); a process had ${report.peakMemory.value} MB at most (seed ${report.peakMemory.seed})`,
    `  beside readers ${report.besideReaders.taken} deliveries were taken and ${report.besideReaders.busy} answered 503; another caller was answered ${JSON.stringify(report.besideReaders.asked)}`,
    '  applied:',
    ...names
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `    ${String(count).padStart(4)}  ${name}`),
    ...(never.length > 0 ? [`  never applied: ${never.join(', ')}`] : []),
    ...(report.failed.length === 0
      ? ['', 'Nothing was lost, nothing duplicated, nothing falsely claimed.']
      : ['', `FAILED rounds: ${report.failed.length}`, ...report.failed.map(({ replay }) => `  ${replay}`)]),
  ]
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
