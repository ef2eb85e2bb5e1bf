import type { CoverageReport } from '../../status/coverage-report.ts'
import { reportJson } from '../../status/report-json.ts'

/**
 * Writes a report in about `maxBytes` at most. Only ranges and gaps can be many: the newest of them stay, and `truncated`, which is there
 * only then, says how many were left out.
 */
export function reportWithin(report: CoverageReport, maxBytes: number): string {
  const { ranges, gaps } = report
  let text = reportJson(report)
  let most = Math.max(ranges.length, gaps.length)
  while (Buffer.byteLength(text) > maxBytes && most > 0) {
    most = Math.floor(most / 2)
    // Ranges stand in the order of time, gaps the other way round.
    const kept = { ranges: ranges.slice(Math.max(0, ranges.length - most)), gaps: gaps.slice(0, most) }
    const truncated = { ranges: ranges.length - kept.ranges.length, gaps: gaps.length - kept.gaps.length }
    text = reportJson({ ...report, ...kept, truncated })
  }
  return text
}
