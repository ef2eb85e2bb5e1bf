import { parseHttpDate } from './read-date.ts'
import { SeamError } from './seam-error.ts'

/** Makes the error for an answer with a status other than 200. */
export function refusedAnswer(
  path: string,
  status: number,
  body: Buffer,
  header: (name: string) => string | undefined,
): SeamError {
  const type = /"type"\s{0,8}:\s{0,8}"([a-z_]{1,64})"/.exec(body.toString('utf8', 0, 4096))?.[1]
  const what = `Seam answered ${path} with ${status}${type === undefined ? '' : ` ${type}`}`
  if (status === 401 || (status === 404 && type === 'api_key_not_found')) {
    return new SeamError('credentials', `${what}: it does not accept the credentials`)
  }
  // Seam's own errors have a type, and a gateway's have none. A gateway may have given up on an answer that took too long.
  const mayBeTooMuch = status >= 500 && type === undefined
  if (status === 429 || status === 503)
    return new SeamError('busy', what, { retryAfterMs: retryAfterMs(header), mayBeTooMuch })
  return new SeamError(status >= 500 ? 'unavailable' : status >= 400 ? 'rejected' : 'bad_answer', what, {
    mayBeTooMuch,
    // A path that does not exist is answered with the type `not_found`, or without any.
    isNotFound: status === 404 && /._not_found$/.test(type ?? ''),
  })
}

/** Reads `Retry-After`: seconds, or an HTTP date by the sender's clock (RFC 9110, 10.2.3). Null when it is absent or invalid. */
function retryAfterMs(header: (name: string) => string | undefined): number | null {
  const value = header('retry-after')
  if (value === undefined) return null
  if (/^\d{1,12}$/.test(value)) return Number(value) * 1000
  const at = parseHttpDate(value)
  return at === null ? null : Math.max(0, at - (parseHttpDate(header('date') ?? '') ?? Date.now()))
}

/** Node's codes for a connection that was never made. A smaller request would not help. */
const NOT_CONNECTED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

/** Codes of a connection that was closed or reset before the whole answer had come. */
const CUT_OFF = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE', 'ERR_STREAM_PREMATURE_CLOSE'])

/** Makes the error for a call that got no answer. */
export function noAnswer(path: string, error: unknown, maxBytes: number): SeamError {
  if (error instanceof Error && /maxContentLength/.test(error.message)) {
    const what = `Seam's answer to ${path} is larger than ${maxBytes / 1024 / 1024} MiB`
    return new SeamError('too_large', what, { mayBeTooMuch: true })
  }
  const codes = codesOf(error)
  const reason = codes.length > 0 ? codes.join(' ') : error instanceof Error ? error.name : 'unknown error'
  return new SeamError('unavailable', `Seam did not answer ${path}: ${reason}`, {
    mayBeTooMuch: !codes.some((code) => NOT_CONNECTED.has(code)),
    wasCutOff: codes.some((code) => CUT_OFF.has(code)),
  })
}

/** The error codes of an error and its causes. Nothing else of them is used, because axios errors hold the request's headers with the key. */
function codesOf(error: unknown): string[] {
  const codes: string[] = []
  for (let each: unknown = error; each instanceof Error; each = each.cause) {
    const refused = /^Proxy response \((\d{3})\)/.exec(each.message)?.[1]
    if (refused !== undefined) return [`the proxy answered ${refused}`]
    const { code } = each as { code?: unknown }
    if (typeof code === 'string') codes.push(code)
  }
  return codes
}
