import { fstatSync, writeSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { isatty } from 'node:tty'
import { sleep } from '../runtime/sleep.ts'

/** Most text that waits for a stalled reader, some 5,000 lines. Past it, lines are dropped until the reader has read everything. */
export const MAX_WAITING_LOG_BYTES = 1024 * 1024
const FLUSH_LOOK_MS = 20

/** Where lines of text go. `done` gets an error when a text was not written completely. */
export interface Sink {
  write(text: string, done: (error?: Error | null) => void): void
  /** Bytes that are taken and not written yet. */
  waitingBytes(): number
}

export interface LogDestination {
  write(line: string): void
  /** Waits until everything taken is written, at most `waitMs`. Resolves with the number of lines lost since the start. */
  flush(waitMs: number): Promise<number>
}

/**
 * The log on standard output or standard error. A line that cannot be written (the disk is full, the terminal is closed, the reader is gone
 * or has stalled) is dropped and counted, so that nothing ever waits for the log. As soon as lines can be written again, one says how many
 * are missing.
 *
 * pino's own destination is not used: it has no listener for errors, and while a pipe is full it puts the whole process to sleep, again
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
  /** Lines lost since a line last reported lost ones. */
  let lost = 0
  let lostInAll = 0
  const lose = (): void => {
    lost += 1
    lostInAll += 1
  }
  /** Reports the lost lines. When that fails, they stay unreported. */
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
      // A slow reader gets one gap with one line about it, instead of one for every few lines.
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

/** Begins with a line break, because the last line may have been cut. */
function lostLine(count: number): string {
  const line = { level: 40, time: new Date().toISOString(), pid: process.pid, lost: count }
  return `\n${JSON.stringify({ ...line, msg: 'log lines were lost: they could not be written' })}\n`
}

/** Whether it is a disk file, or a device such as /dev/null: writing there takes no longer than the disk does. */
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

/** For a pipe, a socket, a terminal. Node's streams for these survive an error and write again when its cause is gone. */
function streamSink(stream: Writable): Sink {
  // Each error also goes to the callback of its line. Standard output is one stream, however many loggers write to it.
  if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore)
  // Node blocks on terminals, which may be stopped (Ctrl-S) or have a stalled reader; its public API cannot turn that off.
  const { _handle: handle } = stream as { _handle?: { setBlocking?: (isBlocking: boolean) => void } }
  handle?.setBlocking?.(false)
  return {
    write: (text, done) => void stream.write(text, done),
    waitingBytes: () => stream.writableLength,
  }
}
