import { fstatSync, writeSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { isatty } from 'node:tty'
import { sleep } from '../runtime/sleep.ts'

/** Text that waits for a reader that has stalled; past it lines are dropped until it has read everything. Some 5,000 lines. */
export const MAX_WAITING_LOG_BYTES = 1024 * 1024
const FLUSH_LOOK_MS = 20

/** Where lines of text go. `done` gets the error when a text was not written, or not all of it. */
export interface Sink {
  write(text: string, done: (error?: Error | null) => void): void
  /** Taken and not written yet. */
  waitingBytes(): number
}

export interface LogDestination {
  write(line: string): void
  /** Waits until everything taken is written, for `waitMs` at most. Resolves with the number of lines that were lost in all. */
  flush(waitMs: number): Promise<number>
}

/**
 * The log on standard output or standard error, such that nothing else depends on it. A line that can't be written (the disk is full,
 * the reader is gone, the terminal is closed, the reader has stalled) is dropped and counted, never waited for; as soon as lines can be
 * written again, one says how many are missing.
 *
 * Not pino's own destination: it has no listener for errors, and for a pipe that is full it puts the whole process to sleep, again
 * and again.
 */
export function openLogDestination(fd: 1 | 2): LogDestination {
  return createLogDestination(
    isFile(fd) ? fileSink(fd) : streamSink(fd === 1 ? process.stdout : process.stderr),
  )
}

export function createLogDestination(
  sink: Sink,
  maxWaitingBytes: number = MAX_WAITING_LOG_BYTES,
): LogDestination {
  /** Since the last line that told of lost ones. */
  let lost = 0
  let lostInAll = 0
  const lose = (): void => {
    lost += 1
    lostInAll += 1
  }
  /** Tells of the lost lines. When that fails, they are still to be told of. */
  const report = (): void => {
    const count = lost
    lost = 0
    sink.write(lostLine(count), (error) => {
      if (error) lost += count
    })
  }
  return {
    write: (line) => {
      if (lost > 0 && sink.waitingBytes() === 0) report()
      // A reader that is slow rather than gone gets one gap with one line about it, and not one for every few lines.
      if (lost > 0 || sink.waitingBytes() + line.length > maxWaitingBytes) lose()
      else
        sink.write(line, (error) => {
          if (error) lose()
        })
    },
    flush: async (waitMs) => {
      const giveUpAt = performance.now() + waitMs
      while (sink.waitingBytes() > 0 && performance.now() < giveUpAt) await sleep(FLUSH_LOOK_MS)
      return lostInAll
    },
  }
}

/** It begins on a line of its own: the last one may have been cut. */
function lostLine(count: number): string {
  const line = { level: 40, time: new Date().toISOString(), pid: process.pid, lost: count }
  return `\n${JSON.stringify({ ...line, msg: 'log lines were lost: they could not be written' })}\n`
}

/** A disk, and devices such as /dev/null: writing there takes no longer than the disk does. */
function isFile(fd: number): boolean {
  const info = fstatSync(fd)
  return info.isFile() || (info.isCharacterDevice() && !isatty(fd))
}

function fileSink(fd: number): Sink {
  return {
    write: (text, done) => {
      let rest = Buffer.from(text)
      try {
        while (rest.length > 0) rest = rest.subarray(writeSync(fd, rest))
        done()
      } catch (error) {
        done(error as Error)
      }
    },
    waitingBytes: () => 0,
  }
}

const ignore = (): void => {}

/** A pipe, a socket, a terminal. Node's streams for these stay usable after an error, and write again when that is over. */
function streamSink(stream: Writable): Sink {
  // Each error goes to the callback of its line as well. Standard output is one stream, however many loggers write to it.
  if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore)
  // Node waits for terminals, which may be stopped (Ctrl-S) or have a reader that has stalled; its API has no word for not waiting.
  const { _handle: handle } = stream as { _handle?: { setBlocking?: (isBlocking: boolean) => void } }
  handle?.setBlocking?.(false)
  return {
    write: (text, done) => void stream.write(text, done),
    waitingBytes: () => stream.writableLength,
  }
}
