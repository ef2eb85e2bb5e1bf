/** One line of the table. */
export interface Figure {
  /** The row's name, as `--only` takes it. */
  row: string
  what: string
  unit: string
  ours: number
  baseline: { what: string; value: number } | null
  target: Target | null
  /** CPU time for each event or request, in microseconds. Null where it cannot be measured. */
  cpuMicros?: { service: number | null; postgres: number | null } | undefined
  /** The highest resident memory of the service's process, in MB. */
  peakRssMb?: number | null | undefined
  p50Ms?: number | undefined
  p99Ms?: number | undefined
  /** What a reader must know to trust the line. With a failed check, the target counts as not reached. */
  notes?: string[]
  problems?: string[]
}

/** The target: a limit for the ratio of ours to the baseline or, without a baseline, for our own figure. */
type Target = { atLeast: number } | { atMost: number }

export function ratioOf({ ours, baseline }: Figure): number | null {
  return baseline === null ? null : ours / baseline.value
}

/** Whether the target is reached. Null for a line without a target. */
export function isReached(figure: Figure): boolean | null {
  const { target, problems = [] } = figure
  if (target === null) return problems.length > 0 ? false : null
  const value = ratioOf(figure) ?? figure.ours
  const holds = 'atLeast' in target ? value >= target.atLeast : value <= target.atMost
  return holds && problems.length === 0
}
