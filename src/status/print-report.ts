import type { LagSeconds } from '../store/events/read-sightings.ts'
import type { ClockReport, CoverageReport, Range } from './coverage-report.ts'

const GAPS_SHOWN = 5

/** Writes the report for a person, line by line. */
export function printReport(report: CoverageReport): string[] {
  const { complete, lagSeconds, gaps, progress, sightings } = report
  return [
    `Workspace ${report.workspaceId}`,
    complete === null
      ? '  complete      nothing is proven yet'
      : `  complete      ${range(complete)}, ${(lagSeconds ?? 0).toFixed(0)} s behind now`,
    ...(progress === null || gaps.length === 0
      ? []
      : [`  gaps          ${gaps.length}, ${(progress * 100).toFixed(2)} % of the wanted time is covered`]),
    ...gaps.slice(0, GAPS_SHOWN).map((gap) => `                ${range(gap)}`),
    ...pollingLines(report),
    ...webhookLines(report),
    `  events        ${range(sightings)}`,
    `                ${sightings.both} by both paths, ${sightings.webhookOnly} by webhook only, ${sightings.pollOnly} by poll only`,
    `                lag by webhook ${lag(sightings.webhookLag)}, by poll ${lag(sightings.pollLag)}`,
    ...auditLines(report),
    ...sessionLines(report),
    ...nameLines(report),
    ...quarantineLines(report),
    ...leftOutLines(report),
    ...refusedLines(report),
  ]
}

function pollingLines({ polling }: CoverageReport): string[] {
  if (polling === null) return ['  polling       no credentials: nothing is polled']
  const [last] = polling.lastRuns
  if (last === undefined) return ['  polling       has not run yet']
  const what =
    last.outcome === 'failed'
      ? `FAILED: ${last.error}`
      : `${last.outcome}, ${last.pages} pages, ${last.eventsNew} new events`
  return [
    `  last poll     ${last.finishedAt} ${what}`,
    ...(polling.credentialsRejected ? ['                Seam does not accept the credentials'] : []),
    ...clockLines(polling.clock),
    ...(last.outcome === 'failed'
      ? [`  last success  ${polling.lastSuccessAt ?? 'none of the last runs'}`]
      : []),
  ]
}

function clockLines(clock: ClockReport | null): string[] {
  if (clock === null || clock.state === 'agree') return []
  const seconds = Math.abs(Math.round(clock.aheadSeconds ?? 0))
  const apart = `${seconds} s ${(clock.aheadSeconds ?? 0) < 0 ? 'behind' : 'ahead of'} the database's`
  const what = {
    apart: `is ${apart}: coverage ends by the clock that is behind`,
    missing: 'IS NOT KNOWN: its answers have no Date header, and nothing is proven without one',
    unreadable:
      'IS NOT KNOWN: its answers have a Date header that is no date, and nothing is proven without one',
    implausible: `CANNOT BE BELIEVED: it is ${apart}, and nothing is proven until one of them is put right`,
  }[clock.state]
  return [`  Seam's clock  ${what ?? clock.state}`]
}

function webhookLines({ webhooks }: CoverageReport): string[] {
  if (webhooks === null) return ['  webhooks      no secret: none are received']
  const last = webhooks.lastAt ?? 'none in this time'
  return webhooks.notArrivingSince === null
    ? [`  last webhook  ${last}`]
    : [`  webhooks      ARE NOT ARRIVING since ${webhooks.notArrivingSince} (last: ${last})`]
}

function auditLines({ audits }: CoverageReport): string[] {
  const [last] = audits
  if (last === undefined) return ['  audit         none yet']
  const what = last.error === null ? last.outcome : `${last.outcome.toUpperCase()}: ${last.error}`
  return [
    `  last audit    ${last.finishedAt} ${what}, ${last.eventsMissing} of ${last.eventsSeen} events were missing`,
    ...(last.settleTimeSuspect ? ['                the settle time looks too short'] : []),
  ]
}

function sessionLines({ clientSessions }: CoverageReport): string[] {
  if (clientSessions === null) return ['  sessions      no credentials: none are copied']
  const { lastOutcome, lastError, failures, lastSuccessAt, tokensAccepted } = clientSessions
  if (lastOutcome === null) return ['  sessions      have not been copied yet']
  const { listed, unusable, unconfirmed } = clientSessions
  const newest =
    lastSuccessAt === null
      ? 'never'
      : `${lastSuccessAt} ${listed ?? 0} listed, ${unusable ?? 0} unusable, ${unconfirmed ?? 0} unconfirmed`
  return [
    ...(lastOutcome === 'failed'
      ? [`  sessions      FAILED, ${failures} times since the last success: ${lastError}`]
      : []),
    lastOutcome === 'failed' ? `                last success ${newest}` : `  sessions      ${newest}`,
    ...(tokensAccepted
      ? []
      : ['                TOKENS ARE REFUSED: the copy of the sessions is older than they may be']),
  ]
}

/** One line for all kinds, and one for each kind whose listing failed. */
function nameLines({ names }: CoverageReport): string[] {
  if (names.length === 0) return ['  names         none are copied']
  const listed = names.reduce((sum, kind) => sum + (kind.listed ?? 0), 0)
  const oldest = names.map(({ lastSuccessAt }) => lastSuccessAt ?? 'never').toSorted()
  const failed = names.filter(({ lastOutcome }) => lastOutcome === 'failed')
  return labelled('names', [
    ...(failed.length < names.length ? [`${oldest[0]} ${listed} listed`] : []),
    ...failed.map(
      ({ kind, failures, lastError, lastSuccessAt }) =>
        `${kind} FAILED, ${failures} times since the last success (${lastSuccessAt ?? 'never'}): ${lastError}`,
    ),
  ])
}

function quarantineLines({ quarantine }: CoverageReport): string[] {
  if (quarantine.length === 0) return ['  quarantine    empty']
  return labelled(
    'quarantine',
    quarantine.map(
      ({ reason, items, listed, lastSeenAt }) =>
        `${items} ${reason}, last seen ${lastSeenAt}${listed > 0 ? `; Seam lists ${listed} of them, which the copy lacks` : ''}`,
    ),
  )
}

function leftOutLines({ leftOut }: CoverageReport): string[] {
  return labelled(
    'not filtered',
    leftOut.map(({ what, events }) => `${events} events are not found by ${what}`),
  )
}

function refusedLines({ refusedDeliveries }: CoverageReport): string[] {
  return labelled(
    'refused',
    refusedDeliveries.map(({ reason, deliveries, worstSkewSeconds, lastAt }) => {
      const skew =
        worstSkewSeconds === null ? '' : `, the clocks ${Math.abs(worstSkewSeconds)} s apart at the worst`
      return `${deliveries} deliveries: ${reason}${skew}; last at ${lastAt}`
    }),
  )
}

/** Puts the label before the first line only. */
function labelled(label: string, lines: readonly string[]): string[] {
  return lines.map((line, i) => `  ${(i === 0 ? label : '').padEnd(14)}${line}`)
}

function range({ from, to }: Range): string {
  return `${from.slice(0, 19)}Z to ${to.slice(0, 19)}Z`
}

function lag(seconds: LagSeconds | null): string {
  return seconds === null ? 'unknown' : `${seconds.p50} s (95 %: ${seconds.p95} s, 99 %: ${seconds.p99} s)`
}
