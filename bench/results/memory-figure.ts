import type { Figure } from './figure.ts'

/** The limit for the service's peak memory in every row, in MB. */
const MOST_MB = 200

/** The line for the highest memory of all rows. There is none where memory could not be read. */
export function memoryFigure(figures: readonly Figure[]): Figure[] {
  const [highest] = figures
    .flatMap(({ what, peakRssMb }) => (typeof peakRssMb === 'number' ? [{ what, peakRssMb }] : []))
    .toSorted((a, b) => b.peakRssMb - a.peakRssMb)
  if (highest === undefined) return []
  return [
    {
      row: 'memory',
      what: 'peak memory of the service, all rows',
      unit: 'MB',
      ours: highest.peakRssMb,
      baseline: null,
      target: { atMost: MOST_MB },
      notes: [`the highest was in: ${highest.what}`],
    },
  ]
}
