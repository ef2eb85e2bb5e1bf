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
  /** For one attempt, from sending to the last byte of the answer. */
  timeoutMs: number
}

export interface SeamAnswer extends AnswerBody {
  /** Upstream's clock when it was asked. */
  date: DateReading
}

export interface GetOptions {
  params?: Record<string, unknown>
  signal: AbortSignal
  /** Largest answer read; a larger one is `too_large`. */
  maxBytes?: number
}

export interface SeamClient {
  /** One attempt; throws SeamError. Retrying is the caller's. */
  get(path: string, options: GetOptions): Promise<SeamAnswer>
  /**
   * The same for an answer that is too long to be held in one piece: its bytes as they arrive. An attempt may take longer, as long as
   * it does not fall silent.
   */
  stream(path: string, signal: AbortSignal): AsyncGenerator<Buffer>
}

/** Largest answer read where nothing smaller can be asked for. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024

/**
 * Uses the official client for its authentication and its query format, and turns off three of its habits: it would retry by itself, wait
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
          // The SDK's axios goes through fetch, which has an option of its own for the same.
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
