import type { Completeness } from '../../domain/completeness.ts'
import { formatInstant, type Micros } from '../../domain/instant.ts'
import type { Stats, StatsCount } from '../../store/stats/read-stats.ts'
import type { StatsGroup } from '../../store/stats/stats-query.ts'
import { completenessJson } from '../completeness.ts'

/** Makes the buckets' texts, and the count of all of them. Buckets without events are filled in. */
export function bucketTexts(
  { bounds, counts, covered }: Stats,
  groupBy: readonly StatsGroup[],
): { texts: string[]; total: number } {
  const texts: string[] = []
  let [total, next] = [0, 0]
  const isComplete = coveredInOrder(covered)
  for (let bucket = 0; bucket + 1 < bounds.length; bucket++) {
    const first = next
    while (counts[next]?.bucket === bucket) next += 1
    const ofBucket = counts.slice(first, next)
    const count = ofBucket.reduce((sum, each) => sum + each.count, 0)
    total += count
    const [from = 0n, to = 0n] = bounds.slice(bucket, bucket + 2)
    texts.push(
      JSON.stringify({
        start: formatInstant(from),
        end: formatInstant(to),
        is_complete: isComplete(from, to),
        count,
        groups: groupBy.length === 0 ? [] : ofBucket.map((each) => groupOf(each, groupBy)),
      }),
    )
  }
  return { texts, total }
}

/** Puts the answer together, in parts (see sendJson). `names` is a dictionary as JSON; null when none was asked for. */
export function statsParts(
  { texts, total }: { texts: readonly string[]; total: number },
  names: string | null,
  completeness: Completeness,
): string[] {
  const separated = texts.flatMap((text, i) => (i === 0 ? [text] : [',', text]))
  const named = names === null ? '' : `"names":${names},`
  const about = `"count":${total},${named}"completeness":${completenessJson(completeness)},"ok":true}`
  return ['{"buckets":[', ...separated, `],${about}`]
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
