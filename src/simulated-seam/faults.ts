import type { Answer } from './answer.ts'
import type { Params } from './params.ts'

/** What a gateway in front of the API does with an answer: it passes another one on, or half of it before the connection breaks. */
export type Gateway = (request: { path: string; params: Params }, answer: Answer) => Answer | 'cut-off'

/**
 * Everything that can go wrong at the real Seam, and everything that it does not promise (contract, sections 6 and 14).
 * Rates are probabilities from 0 to 1. Everything is off by default; see `noFaults`.
 */
export interface Faults {
  // Webhooks. Each fault is rolled once for each event and endpoint; only the signature is rolled for each attempt.
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
  /** Milliseconds added to the true clock in svix-timestamp. */
  webhookClockOffsetMs: number

  // Answers of the API, on every route. A request meets at most one of them, rolled in this order.
  /** How many of the next requests are answered 503. It counts down. */
  failNext: number
  /** The socket is destroyed before any answer. */
  resetRate: number
  /** 429, with the header `retry-after: <retryAfter>` unless that is null. */
  rateLimitRate: number
  retryAfter: string | null
  /** 500 with an error in Seam's shape. */
  errorRate: number
  /** 502 with a page of HTML, as a gateway answers in Seam's place. */
  badGatewayRate: number
  /** A page of HTML with status 200. */
  htmlRate: number
  /** JSON that stops in the middle, in an otherwise good answer. */
  invalidJsonRate: number
  /** The answer promises its whole content-length and sends half of its bytes; then the socket is destroyed. */
  truncateRate: number

  // Answers of the API, independent of the above.
  /** The answer (good or bad) waits `slowMs`. */
  slowRate: number
  slowMs: number
  /** Every credential is answered 401. */
  rejectCredentials: boolean
  /**
   * The chance that a page with events gets one more item that is not an event: null, a string, an object without
   * event_id, or one whose created_at is no instant.
   */
  badItemRate: number
  /** Items that are listed beside the client sessions, whatever was asked for. */
  strangeSessions: readonly unknown[]
  /** The most things in a page of the lists with pages, whatever `limit` says. */
  listPageCap: number
  /** Answers have no Date header. */
  omitDateHeader: boolean
  /** Makes the Date header from the server's clock (Unix milliseconds). Null: the header says the truth. */
  dateHeader: ((serverMs: number) => string) | null
  /** What stands between the API and whoever asks it. Null: nothing. */
  gateway: Gateway | null

  // The meaning of events/list.
  /** The order in which a page shows its events. */
  order: 'newest-first' | 'oldest-first'
  /** Which end of the window survives `limit`: `as-shown` is the start of the shown order. */
  keeps: 'as-shown' | 'newest' | 'oldest'
  /** Bounds of since and between are part of the window. */
  inclusive: boolean
  /** The precision to which instants and bounds are cut before they are compared. */
  comparePrecision: 'micros' | 'millis'
  /** The precision of a generated created_at. With `micros` its last three digits are random. */
  createdAtPrecision: 'millis' | 'micros'
  /** The most events in a page, whatever `limit` says. A function is called for each page. */
  pageCap: number | (() => number)
  /** unstable_offset is accepted and has no effect. */
  ignoreOffset: boolean
  /** Events of one instant (after `comparePrecision`) come in another order in each answer. */
  shuffleWithinInstant: boolean

  // The server's clock.
  /** Milliseconds added to the true clock in the Date header and in created_at of new events. */
  clockOffsetMs: number
  /** The delay (from, to, in milliseconds) between created_at and listing, for events made from now on. Null: listed at once. */
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
  listPageCap: 500,
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
