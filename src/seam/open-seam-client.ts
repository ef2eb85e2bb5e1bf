import { SeamHttp } from '@seamapi/http'
import { MICROS_PER_MS, type Micros, microsFromMillis } from '../domain/instant.ts'
import { SeamError } from './seam-error.ts'

export interface SeamClientOptions {
  endpoint: string
  credentials:
    | { kind: 'api_key'; apiKey: string }
    | { kind: 'personal_access_token'; token: string; workspaceId: string }
  /** For one attempt, from sending to the last byte of the answer. */
  timeoutMs: number
}

export interface SeamAnswer {
  /** The body as text: events are stored as they were sent, so nobody between here and the store may parse and print them. */
  text: string
  /**
   * Seam's clock when it was asked, at the earliest: its `Date` header minus the time the whole exchange took. The header
   * says seconds rounded down, and may be stamped after the query ran; both errors then lie on the safe side (I6). Null
   * without a readable header.
   */
  askedAt: Micros | null
}

export interface SeamClient {
  /** One attempt; throws SeamError. Retrying is the caller's. */
  get(path: string, params: Record<string, unknown>, signal: AbortSignal): Promise<SeamAnswer>
  /**
   * The same for an answer that is too long to be held in one piece: its bytes as they arrive. An attempt may take longer, as long as
   * it does not fall silent.
   */
  stream(path: string, signal: AbortSignal): AsyncGenerator<Buffer>
}

/** Longest time for an answer that is read as it arrives, as a multiple of the time for an attempt. */
const LONG_ANSWER_TIMES = 10
/** Largest of them, in bytes. */
export const MAX_LONG_ANSWER_BYTES = 256 * 1024 * 1024

/** Largest answer read, in bytes: 500 events of 128 KiB. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024

/**
 * The official client, for its authentication and its query format, and without three of its habits: it would retry by
 * itself and wait as long as any `Retry-After` says (contract, trap 12), and it would parse the events.
 */
export function openSeamClient(options: SeamClientOptions): SeamClient {
  const { endpoint, credentials, timeoutMs } = options
  const common = { endpoint, timeout: timeoutMs, axiosRetryOptions: { retries: 0 } }
  const seam =
    credentials.kind === 'api_key'
      ? SeamHttp.fromApiKey(credentials.apiKey, common)
      : SeamHttp.fromPersonalAccessToken(credentials.token, credentials.workspaceId, common)
  return {
    stream: (path, signal) => streamAnswer(seam, path, timeoutMs, signal),
    get: async (path, params, signal) => {
      const sentAt = performance.now()
      const response = await seam.client
        .get<string>(path, {
          params,
          responseType: 'text',
          transformResponse: (body: string) => body,
          validateStatus: () => true,
          maxContentLength: MAX_ANSWER_BYTES,
          maxRedirects: 0,
          // The SDK's axios goes through fetch, which has an option of its own for the same.
          fetchOptions: { redirect: 'manual' },
          signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        })
        .catch((error: unknown) => {
          throw new SeamError('unavailable', `Seam did not answer ${path}: ${reasonOf(error)}`)
        })
      const header = (name: string) => textOf(response.headers[name])
      if (response.status !== 200) throw errorOf(path, response.status, response.data, header('retry-after'))
      return { text: response.data, askedAt: askedAt(header('date'), performance.now() - sentAt) }
    },
  }
}

async function* streamAnswer(
  seam: SeamHttp,
  path: string,
  timeoutMs: number,
  stop: AbortSignal,
): AsyncGenerator<Buffer> {
  const silence = new AbortController()
  const silent = setTimeout(() => silence.abort(), timeoutMs)
  const longestMs = timeoutMs * LONG_ANSWER_TIMES
  const signal = AbortSignal.any([stop, silence.signal, AbortSignal.timeout(longestMs)])
  const noAnswer = (error: unknown): never => {
    throw new SeamError('unavailable', `Seam did not answer ${path}: ${reasonOf(error)}`)
  }
  try {
    const response = await seam.client
      .get<ReadableStream<Uint8Array>>(path, {
        responseType: 'stream',
        timeout: longestMs,
        validateStatus: () => true,
        maxRedirects: 0,
        fetchOptions: { redirect: 'manual' },
        signal,
      })
      .catch(noAnswer)
    const chunks = response.data[Symbol.asyncIterator]()
    if (response.status !== 200) {
      const first = await chunks.next().catch(noAnswer)
      const body = first.done === true ? '' : Buffer.from(first.value).toString('utf8')
      throw errorOf(path, response.status, body, textOf(response.headers['retry-after']))
    }
    let received = 0
    for (;;) {
      silent.refresh()
      const next = await chunks.next().catch(noAnswer)
      if (next.done === true) return
      received += next.value.length
      if (received > MAX_LONG_ANSWER_BYTES) {
        throw new SeamError(
          'bad_answer',
          `Seam's answer to ${path} is larger than ${MAX_LONG_ANSWER_BYTES} bytes`,
        )
      }
      yield Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength)
    }
  } finally {
    clearTimeout(silent)
    // Whoever stops reading leaves nothing open.
    silence.abort()
  }
}

function errorOf(path: string, status: number, body: string, retryAfter: string | undefined): SeamError {
  const type = /"type"\s*:\s*"([a-z_]{1,64})"/.exec(body)?.[1]
  const what = `Seam answered ${path} with ${status}${type === undefined ? '' : ` ${type}`}`
  if (status === 401 || (status === 404 && type === 'api_key_not_found')) {
    return new SeamError('credentials', `${what}: it does not accept the credentials`)
  }
  if (status === 429 || status === 503)
    return new SeamError('busy', what, { retryAfterMs: retryAfterMs(retryAfter) })
  return new SeamError(status >= 500 ? 'unavailable' : status >= 400 ? 'rejected' : 'bad_answer', what)
}

/** Seconds or an HTTP date (RFC 9110, 10.2.3), from now; null when absent or senseless. */
function retryAfterMs(value: string | undefined): number | null {
  if (value === undefined) return null
  if (/^\d{1,12}$/.test(value)) return Number(value) * 1000
  const at = Date.parse(value)
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now())
}

function askedAt(date: string | undefined, exchangeMs: number): Micros | null {
  const at = date === undefined ? Number.NaN : Date.parse(date)
  return Number.isNaN(at) ? null : microsFromMillis(at) - BigInt(Math.ceil(exchangeMs)) * MICROS_PER_MS
}

/** A short reason without the request in it: axios errors carry headers, and with them the key. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error'
  const reasons: string[] = []
  for (let each: unknown = error; each instanceof Error; each = each.cause) {
    const refused = /^Proxy response \((\d{3})\)/.exec(each.message)?.[1]
    if (refused !== undefined) return `the proxy answered ${refused}`
    const { code } = each as { code?: unknown }
    if (typeof code === 'string') reasons.push(code)
  }
  return reasons.length > 0 ? reasons.join(' ') : error.name
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
