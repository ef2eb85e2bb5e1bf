import { type Figure, isReached, ratioOf } from './figure.ts'

const HEADINGS = [
  'what',
  'ours',
  'baseline',
  'ratio',
  'target',
  'reached',
  'CPU µs (service + Postgres)',
  'peak RSS MB',
  'p50 ms',
  'p99 ms',
]

/** The table as GitHub-flavoured Markdown, with the notes below it. */
export function printTable(figures: readonly Figure[]): string {
  const rows = [HEADINGS, ...figures.map(cells)]
  const widths = HEADINGS.map((_heading, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)))
  const lines = rows.map((row) => `| ${row.map((cell, i) => pad(cell, widths[i] ?? 0, i > 0)).join(' | ')} |`)
  lines.splice(1, 0, `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`)
  const notes = figures.flatMap(({ what, notes: texts = [], problems = [] }) => [
    ...problems.map((text) => `PROBLEM, ${what}: ${text}`),
    ...texts.map((text) => `${what}: ${text}`),
  ])
  return [...lines, '', ...notes].join('\n')
}

function cells(figure: Figure): string[] {
  const { what, unit, ours, baseline, target, cpuMicros, peakRssMb, p50Ms, p99Ms } = figure
  const reached = isReached(figure)
  return [
    what,
    `${number(ours)} ${unit}`,
    baseline === null ? '' : `${number(baseline.value)} ${baseline.what}`,
    ratioOf(figure)?.toFixed(2) ?? '',
    target === null ? '' : 'atLeast' in target ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`,
    reached === null ? '' : reached ? 'yes' : 'NO',
    cpuMicros ? `${optional(cpuMicros.service)} + ${optional(cpuMicros.postgres)}` : '',
    optional(peakRssMb),
    optional(p50Ms),
    optional(p99Ms),
  ]
}

function optional(value: number | null | undefined): string {
  return value === null || value === undefined ? '' : number(value)
}

function number(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString('en-US')
  return value.toPrecision(3)
}

function pad(text: string, width: number, isRight: boolean): string {
  return isRight ? text.padStart(width) : text.padEnd(width)
}
