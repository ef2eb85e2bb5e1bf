import type { CoverageReport } from './coverage-report.ts'

/** The report in the API's spelling: snake case, as everything else on the wire. */
export function reportJson(report: CoverageReport): string {
  return JSON.stringify(snake(report))
}

function snake(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snake)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      snake(inner),
    ]),
  )
}
