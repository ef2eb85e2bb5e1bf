import type { Completeness } from '../../domain/completeness.ts'
import { formatInstant, type Micros } from '../../domain/instant.ts'
import type { Stats, StatsCount } from '../../store/stats/read-stats.ts'
import type { StatsGroup } from '../../store/stats/stats-query.ts'
import { completenessJson } from '../completeness.ts'

/** Makes the answer in parts, one a bucket. Buckets without events are filled in. */
export function statsText(
  { bounds, counts, covered }: Stats,
  groupBy: readonly StatsGroup[],
  completeness: Completeness,
): string[] {
  const parts = ['{"buckets":[']
  let [total, next] = [0, 0]
  const isComplete = coveredInOrder(covered)
  for (let bucket = 0; bucket + 1 < bounds.length; bucket++) {
    const first = next
    while (counts[next]?.bucket === bucket) next += 1
    const ofBucket = counts.slice(first, next)
    const count = ofBucket.reduce((sum, each) => sum + each.count, 0)
    total += count
    const [from = 0n, to = 0n] = bounds.slice(bucket, bucket + 2)
    const json = JSON.stringify({
      start: formatInstant(from),
      end: formatInstant(to),
      is_complete: isComplete(from, to),
      count,
      groups: groupBy.length === 0 ? [] : ofBucket.map((each) => groupOf(each, groupBy)),
    })
    parts.push(bucket === 0 ? json : `,${json}`)
  }
  parts.push(`],"count":${total},"completeness":${completenessJson(completeness)},"ok":true}`)
  return parts
}

function groupOf({ group, count }: StatsCount, groupBy: readonly StatsGroup[]): Record<string, unknown> {
  return { ...Object.fromEntries(groupBy.map((name, i) => [name, group[i] ?? null])), count }
}

/** Tells whether [from, to) lies within one proven range, for windows that come one after another. */
function coveredInOrder(covered: Stats['covered']): (from: Micros, to: Micros) => boolean {
  let next = 0
  return (from, to) => {
    while ((covered[next]?.to ?? to) < to) next += 1
    const range = covered[next]
    return range !== undefined && range.from <= from
  }
}
