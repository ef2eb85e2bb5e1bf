/** Writes microseconds since 1970 as an instant in UTC. It is written here once more, so that tests do not rely on the code under test. */
export function iso(micros: bigint): string {
  const seconds = new Date(Number(micros / 1_000_000n) * 1000).toISOString().slice(0, 19)
  return `${seconds}.${(micros % 1_000_000n).toString().padStart(6, '0')}Z`
}

/** The same instant in another spelling: an hour later in a zone an hour ahead, with digits that nobody keeps. */
export function isoElsewhere(micros: bigint): string {
  return iso(micros + 3_600_000_000n).replace('Z', '000+01:00')
}
