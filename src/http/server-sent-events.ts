/*
 * The text of server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html).
 */

export const EVENT_STREAM = 'text/event-stream; charset=utf-8'

interface Message {
  /** What a reader sends as `Last-Event-ID` when it comes back. Without newlines. */
  id?: string | undefined
  /** Default: a plain message. */
  event?: string
  data: string
}

const LINE_ENDS = /\r\n|\r|\n/

/** One message. A line of data each for the lines of a text: their reader joins them with newlines again. */
export function serverSentEvent({ id, event, data }: Message): string {
  const head = `${event === undefined ? '' : `event: ${event}\n`}${id === undefined ? '' : `id: ${id}\n`}`
  // The usual event has one line, and is not looked at twice.
  const lines = LINE_ENDS.test(data) ? data.split(LINE_ENDS).join('\ndata: ') : data
  return `${head}data: ${lines}\n\n`
}

/** What every reader skips. An id that stands with it counts all the same: the reader comes back to that place. */
export function serverSentComment(
  comment: string,
  { id, retryMs }: { id?: string; retryMs?: number } = {},
): string {
  const more = `${id === undefined ? '' : `id: ${id}\n`}${retryMs === undefined ? '' : `retry: ${retryMs}\n`}`
  return `: ${comment}\n${more}\n`
}
