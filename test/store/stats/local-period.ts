import type { Micros } from '../../../src/domain/instant.ts'
import type { BucketUnit } from '../../../src/store/stats/stats-query.ts'

const formats = new Map<string, Intl.DateTimeFormat>()

function formatFor(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone)
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      timeZoneName: 'longOffset',
    })
    formats.set(timeZone, format)
  }
  return format
}

/** The name of the local minute, hour, day, week or month that an instant lies in, by Node's own edition of the time zones. */
export function localPeriod(at: Micros, unit: BucketUnit, timeZone: string): string {
  const parts = formatFor(timeZone).formatToParts(Number(at / 1000n))
  const of = (type: Intl.DateTimeFormatPartTypes) => parts.find((part) => part.type === type)?.value ?? ''
  const month = `${of('year')}-${of('month')}`
  const day = `${month}-${of('day')}`
  if (unit === 'month') return month
  if (unit === 'day') return day
  if (unit === 'week') {
    const date = new Date(`${day}T00:00:00Z`)
    date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7))
    return date.toISOString().slice(0, 10)
  }
  const hour = `${day}T${of('hour')}`
  return `${unit === 'hour' ? hour : `${hour}:${of('minute')}`} ${of('timeZoneName')}`
}
