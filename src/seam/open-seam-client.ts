import { SeamHttp } from '@seamapi/http'
import { type AnswerBody, readAnswer } from './read-answer.ts'
import { noAnswer, refusedAnswer } from './answer-errors.ts'
import { type DateReading, readDate } from './read-date.ts'
import { streamAnswer } from './stream-answer.ts'

export interface SeamClientOptions {
  endpoint: string
  credentials:
    | { kind: 'api_key'; apiKey: string }
    | { kind: 'personal_access_token'; token: string; workspaceId: string }
  /** The time limit for one attempt, from sending to the last byte of the answer. */
  timeoutMs: number
}

export interface SeamAnswer extends AnswerBody {
  /** Seam's clock when it was asked. */
  date: DateReading
}

export interface GetOptions {
  params?: Record<string, unknown>
  signal: AbortSignal
  /** Largest answer that is read, in bytes. A larger one is a `too_large` error. */
  maxBytes?: number
}

export interface SeamClient {
  /** Makes one attempt; throws SeamError. The caller may retry. */
  get(path: string, options: GetOptions): Promise<SeamAnswer>
  /**
   * Does the same for an answer that is too long to be held in memory: yields its bytes as they arrive. The attempt may take ten times as
   * long, as long as bytes keep arriving.
   */
  stream(path: string, signal: AbortSignal): AsyncGenerator<Buffer>
}

/** Largest answer that is read unless the caller sets another limit, in bytes. */
export const MAX_ANSWER_BYTES = 64 * 1024 * 1024

/**
 * Uses the official client for its authentication and its query format. Three of its features are turned off: it would retry by itself, wait
 * as long as any `Retry-After` says (contract, trap 12), and parse the events.
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
    get: async (path, { params = {}, signal, maxBytes = MAX_ANSWER_BYTES }) => {
      const sentAt = performance.now()
      const response = await seam.client
        .get<ArrayBuffer>(path, {
          params,
          responseType: 'arraybuffer',
          validateStatus: () => true,
          maxContentLength: maxBytes,
          maxRedirects: 0,
          // The SDK's axios uses fetch, which has its own option for redirects.
          fetchOptions: { redirect: 'manual' },
          signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
        })
        .catch((error: unknown) => {
          throw noAnswer(path, error, maxBytes)
        })
      const header = (name: string) => textOf(response.headers[name])
      const bytes = Buffer.from(response.data)
      if (response.status !== 200) throw refusedAnswer(path, response.status, bytes, header)
      const exchangeMs = performance.now() - sentAt
      return { ...readAnswer(path, bytes), date: readDate(header('date'), exchangeMs) }
    },
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
