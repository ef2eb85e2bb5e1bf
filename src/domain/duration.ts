import { MICROS_PER_SECOND, type Micros } from './instant.ts'

const SECONDS: Record<string, bigint> = { s: 1n, m: 60n, h: 3600n, d: 86_400n, w: 604_800n }

/** A hundred years. A longer duration before now could leave the years that an instant has, and no upstream could be asked for it. */
const LONGEST: Micros = 36_525n * 86_400n * MICROS_PER_SECOND

/** Reads `45s`, `90m`, `12h`, `30d` or `2w` as microseconds; null for anything else, and for more than a hundred years. */
export function parseDuration(text: string): Micros | null {
  const match = /^(\d{1,6})([smhdw])$/.exec(text)
  const seconds = SECONDS[match?.[2] ?? '']
  if (match === null || seconds === undefined) return null
  const duration = BigInt(match[1] ?? 0) * seconds * MICROS_PER_SECOND
  return duration > LONGEST ? null : duration
}
