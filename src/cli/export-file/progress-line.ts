import { formatInstant } from '../../domain/instant.ts'
import type { Progress } from './export-to-file.ts'

const TERMINAL_EVERY_MS = 200
/** Where every line stays, as in a log. */
const LOG_EVERY_MS = 10_000

export interface ProgressLine {
  show: (progress: Progress) => void
  /** Leaves the last line as it is. */
  end: () => void
}

/** Shows on stderr how far an export is: on one line of a terminal, otherwise as a line from time to time. */
export function progressLine(monotonicMs: () => number): ProgressLine {
  const { stderr } = process
  const startedAt = monotonicMs()
  let shownAt = startedAt
  let isOpen = false
  return {
    show: (progress) => {
      const now = monotonicMs()
      if (now - shownAt < (stderr.isTTY ? TERMINAL_EVERY_MS : LOG_EVERY_MS)) return
      shownAt = now
      const text = describe(progress, (now - startedAt) / 1000)
      stderr.write(stderr.isTTY ? `\r\u001B[K${text}` : `${text}\n`)
      isOpen = stderr.isTTY
    },
    end: () => void (isOpen && stderr.write('\n')),
  }
}

function describe({ events, read, bytes, at }: Progress, seconds: number): string {
  const perSecond = Math.round(read / seconds).toLocaleString('en')
  const megabytes = (bytes / 1024 / 1024).toFixed(1)
  return `${events.toLocaleString('en')} events, ${megabytes} MiB, back to ${formatInstant(at).slice(0, 19)}Z, ${perSecond} events/s`
}
