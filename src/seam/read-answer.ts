import { isUtf8 } from 'node:buffer'
import { SeamError } from './seam-error.ts'

/** A valid answer: it says `"ok": true`. */
export interface AnswerBody {
  /** The text as it was sent. Events are cut out of it and never parsed and printed again (I7). */
  text: string
  /** The text, parsed. */
  body: Readonly<Record<string, unknown>>
  /** The bytes, when some of them are not UTF-8, so that the text does not show all that was sent. Null otherwise. */
  bytes: Buffer | null
}

const BYTE_ORDER_MARK = Buffer.from('\uFEFF')

/** Reads the body of an answer. Throws SeamError as `parseAnswer` does. */
export function readAnswer(path: string, sent: Buffer): AnswerBody {
  const bytes = sent.subarray(0, 3).equals(BYTE_ORDER_MARK) ? sent.subarray(3) : sent
  const text = bytes.toString('utf8')
  return { text, body: parseAnswer(path, text), bytes: isUtf8(bytes) ? null : bytes }
}

/**
 * Throws SeamError `bad_answer` unless the answer says `"ok": true` and has no error. Every answer of the API says so (contract, 4). The
 * check matters most for empty answers: an error page with `"events": []` in it must not prove that there are no events.
 */
function parseAnswer(path: string, text: string): Record<string, unknown> {
  const body = parse(path, text)
  if (body.error !== undefined && body.error !== null) throw unusable(path, 'with 200 and an error in it')
  if (body.ok !== true) throw unusable(path, 'without saying that it is ok')
  return body
}

function parse(path: string, text: string): Record<string, unknown> {
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    throw unusable(path, 'with something that is not JSON')
  }
  if (typeof body === 'object' && body !== null && !Array.isArray(body))
    return body as Record<string, unknown>
  throw unusable(path, 'with JSON that is not an object')
}

function unusable(path: string, how: string): SeamError {
  return new SeamError('bad_answer', `Seam answered ${path} ${how}`)
}
