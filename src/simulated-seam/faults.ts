import type { Answer } from './answer.ts'
import type { Params } from './params.ts'

/** What a gateway in front of the API does with an answer: it passes another one on, or half of it before the connection breaks. */
export type Gateway = (request: { path: string; params: Params }, answer: Answer) => Answer | 'cut-off'

/**
 * Everything that can be wrong with, or merely unpromised by, the real thing (contract, sections 6 and 14).
 * Rates are probabilities from 0 to 1. Everything is off by default; see `noFaults`.
 */
export interface Faults {
  // Webhooks. Rolled once for each event and endpoint, except the signature, which is rolled for each attempt.
  /** The delivery is never sent. */
  dropRate: number
  /** The delivery is sent twice, with the same svix-id. */
  duplicateRate: number
  /** The first attempt waits `lateMs`. */
  lateRate: number
  lateMs: number
  /** Deliveries are collected, eight at most or for 25 ms, and sent in random order. */
  reorder: boolean
  /** The attempt is signed with another secret. */
  wrongSignatureRate: number
  /** Added to the true clock in svix-timestamp. */
  webhookClockOffsetMs: number

  // Answers of the API, on every route; at most one of them befalls a request, in this order.
  /** So many of the next requests are answered 503; counts down. */
  failNext: number
  /** The socket is destroyed before any answer. */
  resetRate: number
  /** 429, with the header `retry-after: <retryAfter>` unless that is null. */
  rateLimitRate: number
  retryAfter: string | null
  /** 500 with an error in Seam's shape. */
  errorRate: number
  /** 502 with a page of HTML: what a gateway says in Seam's place. */
  badGatewayRate: number
  /** A page of HTML with status 200. */
  htmlRate: number
  /** JSON that stops in the middle, in an otherwise good answer. */
  invalidJsonRate: number
  /** The content-length of the whole answer, half of its bytes, then the socket is destroyed. */
  truncateRate: number

  // Answers of the API, independent of the above.
  /** The answer (good or bad) waits `slowMs`. */
  slowRate: number
  slowMs: number
  /** Every credential is answered 401. */
  rejectCredentials: boolean
  /**
   * The chance of a page that has events to hold one item more that is no event: null, a string, an object without
   * event_id, or one whose created_at is no instant.
   */
  badItemRate: number
  /** Items that are listed beside the client sessions, whatever was asked for. */
  strangeSessions: readonly unknown[]
  /** No Date header. */
  omitDateHeader: boolean
  /** What the Date header says, made from the server's clock (Unix milliseconds). Null: the truth. */
  dateHeader: ((serverMs: number) => string) | null
  /** What stands between the API and whoever asks it. Null: nothing. */
  gateway: Gateway | null

  // What events/list means.
  /** How a page is shown. */
  order: 'newest-first' | 'oldest-first'
  /** Which end of the window survives `limit`: `as-shown` is the start of the shown order. */
  keeps: 'as-shown' | 'newest' | 'oldest'
  /** Bounds of since and between are part of the window. */
  inclusive: boolean
  /** Instants and bounds are cut to this before they are compared. */
  comparePrecision: 'micros' | 'millis'
  /** How many digits a generated created_at has; the last three are random with `micros`. */
  createdAtPrecision: 'millis' | 'micros'
  /** The most events in a page, whatever `limit` says. A function is asked for each page. */
  pageCap: number | (() => number)
  /** unstable_offset is accepted and has no effect. */
  ignoreOffset: boolean
  /** Events of one instant (after `comparePrecision`) come in another order in each answer. */
  shuffleWithinInstant: boolean

  // The server's clock.
  /** Added to the true clock in the Date header and in created_at of new events. */
  clockOffsetMs: number
  /** An event made from now on is listed so many milliseconds (from, to) after its created_at. Null: at once. */
  lateVisibilityMs: readonly [min: number, max: number] | null
}

export const noFaults: Readonly<Faults> = {
  dropRate: 0,
  duplicateRate: 0,
  lateRate: 0,
  lateMs: 1000,
  reorder: false,
  wrongSignatureRate: 0,
  webhookClockOffsetMs: 0,
  failNext: 0,
  resetRate: 0,
  rateLimitRate: 0,
  retryAfter: null,
  errorRate: 0,
  badGatewayRate: 0,
  htmlRate: 0,
  invalidJsonRate: 0,
  truncateRate: 0,
  slowRate: 0,
  slowMs: 1000,
  rejectCredentials: false,
  badItemRate: 0,
  strangeSessions: [],
  omitDateHeader: false,
  dateHeader: null,
  gateway: null,
  order: 'newest-first',
  keeps: 'as-shown',
  inclusive: false,
  comparePrecision: 'micros',
  createdAtPrecision: 'millis',
  pageCap: 500,
  ignoreOffset: false,
  shuffleWithinInstant: false,
  clockOffsetMs: 0,
  lateVisibilityMs: null,
}
