import { snakeCase } from '../domain/snake-case.ts'
import type { CoverageReport } from './coverage-report.ts'

export function reportJson(report: CoverageReport): string {
  return JSON.stringify(snakeCase(report))
}
