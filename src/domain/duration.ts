import { MICROS_PER_SECOND, type Micros } from './instant.ts'

const SECONDS: Record<string, bigint> = { s: 1n, m: 60n, h: 3600n, d: 86_400n, w: 604_800n }

/** Reads `45s`, `90m`, `12h`, `30d` or `2w` as microseconds; null for anything else. */
export function parseDuration(text: string): Micros | null {
  const match = /^(\d{1,6})([smhdw])$/.exec(text)
  const seconds = SECONDS[match?.[2] ?? '']
  return match === null || seconds === undefined ? null : BigInt(match[1] ?? 0) * seconds * MICROS_PER_SECOND
}
