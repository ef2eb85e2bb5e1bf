import { MAX_CALLERS, RECENT_MS } from '../access/recent-callers.ts'
import { FREE_FAILURES, MAX_DELAY_MS, MAX_RECORDS } from '../access/slow-down-failures.ts'
import { MAX_SESSIONS, MAX_SESSIONS_BYTES } from '../api/client-sessions/list-sessions-route.ts'
import { MAX_COVERAGE_BYTES, MAX_WINDOW } from '../api/coverage/coverage-route.ts'
import { MAX_DEVICES } from '../api/devices/list-devices-route.ts'
import { MAX_FILTER_VALUES } from '../api/events/event-filter-params.ts'
import { EXPORT_LIMITS as EXPORTS } from '../api/events/export-events-route.ts'
import { MAX_LIMIT, MAX_PAGE_BYTES, MAX_UNSTABLE_OFFSET } from '../api/events/list-limits.ts'
import { MAX_NAMES } from '../api/names/list-names-route.ts'
import { MAX_NAME_MATCHES } from '../api/events/search-terms.ts'
import { READYZ_MAX_AGE_MS } from '../api/health/readyz-route.ts'
import { MAX_MISSING_IDS } from '../audit/audit-range.ts'
import { BROWSER_SESSION_HOURS } from '../domain/browser-session.ts'
import { MAX_COPY_AGE_HOURS } from '../domain/client-session.ts'
import { MAX_CUSTOMER_KEY_BYTES, MAX_EVENT_TYPE_BYTES, MAX_FILTER_IDS } from '../domain/event-columns.ts'
import { MAX_SEARCH_STEPS } from '../domain/find-secrets.ts'
import { MAX_NAME_LENGTH } from '../domain/fold-name.ts'
import { MICROS_PER_SECOND } from '../domain/instant.ts'
import { MAX_ID_LENGTH } from '../domain/normal-id.ts'
import { MAX_DEPTH, MAX_SECRETS, MAX_VALUES } from '../domain/scan-event.ts'
import { MAX_EXPORT_PAGE_BYTES } from '../export/export-pages.ts'
import { MAX_FEED_BYTES, MAX_FEED_EVENTS } from '../feed/feed.ts'
import { CHUNK_BYTES } from '../feed/follow-feed.ts'
import { MAX_COMPRESSIONS, MIN_COMPRESSED_BYTES } from '../http/compress-answer.ts'
import { MAX_ARRIVING_BYTES } from '../http/create-body-reader.ts'
import { MAX_INPUT_BYTES } from '../http/read-input.ts'
import { HTTP_LIMITS as HTTP } from '../http/start-http-server.ts'
import { STREAM_LIMITS as STREAMS } from '../http/stream-limits.ts'
import { MAX_METADATA_LENGTH } from '../names/read-item.ts'
import { MAX_BARREN_PAGES, MAX_PAGES as MAX_NAME_PAGES, MAX_THINGS } from '../names/read-list.ts'
import { MAX_WAITING_LOG_BYTES } from '../observability/open-log-destination.ts'
import { BLIND_GAP_READ_EVERY_MS } from '../poller/poll-once.ts'
import { RECONNECT_MS } from '../postgres/server-watch.ts'
import { MAX_DELIVERY_BYTES } from '../receiver/webhook-route.ts'
import { MAX_SESSION_BYTES } from '../seam/list-client-sessions.ts'
import { MAX_PAGE_BYTES as MAX_SEAM_PAGE_BYTES } from '../seam/list-events-page.ts'
import { MAX_ANSWER_BYTES } from '../seam/open-seam-client.ts'
import { LONG_ANSWER_TIMES, MAX_LONG_ANSWER_BYTES } from '../seam/stream-answer.ts'
import { RETRY_POLICY } from '../seam/with-retries.ts'
import { MAX_UNUSABLE } from '../sessions/read-listing.ts'
import { MAX_BUCKETS, MAX_COUNTS } from '../store/stats/read-stats.ts'
import { MAX_BROWSER_SESSIONS } from '../store/browser-sessions/insert-browser-session.ts'
import { MAX_COUNTED } from '../store/events/read-sightings.ts'
import { MAX_APART_SECONDS } from '../walk/judge-clocks.ts'
import { MAX_PAGE_LIMIT } from '../walk/page-size.ts'
import {
  COMMAND_WAIT_MS,
  CONNECT_TIMEOUT_MS,
  DATABASE_POOLS as POOLS,
  LIMITS,
  QUERY_SHARES as SHARES,
} from './limits.ts'

/** One table of limits, under its title. The README shows all of them, and a test keeps both the same. */
export interface LimitGroup {
  title: string
  rows: readonly (readonly [what: string, limit: string])[]
}

const sent: LimitGroup = {
  title: 'what callers send',
  rows: [
    ["a webhook's body", size(MAX_DELIVERY_BYTES)],
    ["a query's body; its URL and headers", `${size(MAX_INPUT_BYTES)}; ${size(HTTP.maxHeaderBytes)}`],
    [
      '`limit` of events; of client sessions; of devices; of names, and `ids` of names',
      `${count(MAX_LIMIT)}; ${count(MAX_SESSIONS)}; ${count(MAX_DEVICES)}; ${count(MAX_NAMES)} (\`limit\` is capped silently)`,
    ],
    [
      '`unstable_offset` of events; values of one filter; names that `q` may find',
      `${count(MAX_UNSTABLE_OFFSET)}; ${count(MAX_FILTER_VALUES)}; ${count(MAX_NAME_MATCHES)}`,
    ],
    [
      'bodies that have begun to arrive, all together',
      `${size(MAX_ARRIVING_BYTES)}, then those that began first get 503. A delivery without a possible signature is refused before its body`,
    ],
    [
      'deliveries waiting to be stored, all together',
      `${count(LIMITS.webhookWaitingItems)} or ${size(LIMITS.webhookWaitingBytes)}, then 503`,
    ],
    [
      'a delivery that waits to be stored',
      `${time(LIMITS.webhookWaitMs)}, then 503. With the statement that is less than the 15 s that Seam waits`,
    ],
    [
      'queries of one key or session',
      `${SHARES.slotsPerCaller} at once; ${SHARES.waitingPerCaller} wait (then 429) for ${time(SHARES.maxWaitMs)} at most, and are served in turns`,
    ],
    ['queries of all callers that wait', `${SHARES.waiting}, then 503`],
    [
      'failed attempts of one address (IPv6: a /64) with one kind of credential',
      `the first ${FREE_FAILURES} are not delayed; then up to ${time(MAX_DELAY_MS)}, including the wait for their turn (then 429). The last ${count(MAX_RECORDS)} such addresses are remembered`,
    ],
    [
      'HTTP connections',
      `${count(HTTP.maxConnections)}, then the longest idle connection of the address that has the most is closed`,
    ],
    [
      'a request to arrive, its headers alone; silence while it is answered; between requests',
      `${time(HTTP.requestTimeoutMs)}, ${time(HTTP.headersTimeoutMs)}; ${time(HTTP.stalledMs)}; ${time(HTTP.keepAliveTimeoutMs)}`,
    ],
    ['answers under way on one connection', '1'],
    [
      'pipelined requests that wait, on all connections',
      `${count(HTTP.maxWaitingRequests)}, then a connection that sends more is closed`,
    ],
  ],
}

const answered: LimitGroup = {
  title: 'what the service sends',
  rows: [
    [
      'a page of events; of client sessions',
      `${size(MAX_PAGE_BYTES)}; ${size(MAX_SESSIONS_BYTES)}. A longer page ends sooner, and \`pagination\` goes on`,
    ],
    [
      'sightings that `/v1/coverage` counts',
      `${Number(MAX_WINDOW / MICROS_PER_SECOND) / 86_400} days, the newest ${count(MAX_COUNTED)} events: \`sightings.from\` says from when`,
    ],
    [
      'the answer of `/v1/coverage`',
      `${size(MAX_COVERAGE_BYTES)}, then the oldest ranges and gaps are left out, and \`truncated\` says how many`,
    ],
    [
      'buckets of statistics; counts in all of them together',
      `${count(MAX_BUCKETS)}; ${count(MAX_COUNTS)}, then 400`,
    ],
    [
      'exports of one key or session; of all callers; what each holds of its events',
      `${EXPORTS.perCaller} (then 429); ${EXPORTS.all} (then 503); two pages, of ${size(MAX_EXPORT_PAGE_BYTES)} or one event at most`,
    ],
    [
      `answers that are compressed at a time (gzip, from ${size(MIN_COMPRESSED_BYTES)})`,
      `${MAX_COMPRESSIONS}; further ones go out as they are`,
    ],
    [
      'streams of one key or session; of all callers; compressed ones',
      `${STREAMS.perCaller} (then 429); ${count(STREAMS.all)} (then 503); ${STREAMS.compressed}, further ones go out as they are`,
    ],
    [
      'newest events of a workspace that are kept while somebody listens',
      `${count(MAX_FEED_EVENTS)}, ${size(MAX_FEED_BYTES)} in all; a listener that is further behind reads for itself, ${size(CHUNK_BYTES)} at a time`,
    ],
    [
      "a stream's caller is looked up again; the last message of a stream that has to end",
      `every ${time(STREAMS.recheckMs)}; ${time(STREAMS.lastMessageMs)}`,
    ],
    [
      'answers that callers have not read yet, all together',
      `${size(HTTP.maxUnsentBytes)}, then the slowest lose their connection`,
    ],
    ['requests under way when the service stops', `${time(LIMITS.stopGraceMs)}, then they are cut off`],
    [
      'log lines that wait for a slow reader',
      `${size(MAX_WAITING_LOG_BYTES)}, then lines are dropped until it has read all`,
    ],
  ],
}

const kept: LimitGroup = {
  title: 'what is kept and looked at',
  rows: [
    [
      'callers that are remembered between two queries',
      `${count(MAX_CALLERS)}, for ${RECENT_MS / 1000} s; each query proves them again`,
    ],
    [
      'tokens of client sessions',
      `taken while the copy of the sessions is at most ${MAX_COPY_AGE_HOURS} h old; for a caller who was just there, a minute more`,
    ],
    [
      'browser sessions of one key or client session',
      `${count(MAX_BROWSER_SESSIONS)} for ${BROWSER_SESSION_HOURS} h each; one more ends the oldest`,
    ],
    [
      '`event_type`; `customer_key`; ids in one array that can be filtered by',
      `${MAX_EVENT_TYPE_BYTES} bytes; ${count(MAX_CUSTOMER_KEY_BYTES)} bytes; ${count(MAX_FILTER_IDS)} ids. What is longer is stored and served, and counted in \`/v1/coverage\``,
    ],
    [
      'an event that PINs are looked for in',
      `${count(MAX_VALUES)} values, ${count(MAX_SECRETS)} PINs, ${count(MAX_SEARCH_STEPS)} look-ups, depth ${MAX_DEPTH}. Beyond one of them the whole event is sealed but for its ids and instants`,
    ],
    [
      'an id of a client session, account, webview or identity',
      `${MAX_ID_LENGTH} characters; a session with a longer one is kept in quarantine`,
    ],
    [
      "a name; a thing's custom metadata",
      `${MAX_NAME_LENGTH} characters, then it is cut; ${size(MAX_METADATA_LENGTH)}, then it is left out`,
    ],
    ["ids of missing events in an audit's record", `${MAX_MISSING_IDS}; all are counted`],
  ],
}

const database: LimitGroup = {
  title: 'the database',
  rows: [
    ['connections of a replica', ofPools(({ connections }) => count(connections))],
    [
      'waiting for one of them',
      `${ofPools(({ waiting }) => count(waiting))} (then 503 at once); ${time(CONNECT_TIMEOUT_MS)} at most`,
    ],
    [
      'one statement',
      `${ofPools(({ statementTimeoutMs }) => time(statementTimeoutMs))}, migrations ${time(POOLS.migrations.statementTimeoutMs)}`,
    ],
    [
      'questions of `/readyz`; connections given up because the server takes no writes',
      `once in ${time(READYZ_MAX_AGE_MS)}; once in ${time(RECONNECT_MS)}`,
    ],
    [
      'waiting for a database that cannot be reached',
      `\`migrate\`: ${time(COMMAND_WAIT_MS)}, other commands not at all; the service waits until it is there`,
    ],
  ],
}

const seam: LimitGroup = {
  title: 'Seam',
  rows: [
    [
      'one request',
      `${time(LIMITS.seamTimeoutMs)} an attempt, ${RETRY_POLICY.attempts} attempts; a \`Retry-After\` of up to ${time(RETRY_POLICY.maxDelayMs)} is honoured`,
    ],
    [
      'the list of client sessions',
      `${time(LIMITS.seamTimeoutMs * LONG_ANSWER_TIMES)} an attempt, at most ${time(LIMITS.seamTimeoutMs)} of them without a byte`,
    ],
    [
      'a page of events',
      `${MAX_PAGE_LIMIT} events down to 1 are asked for; ${size(MAX_SEAM_PAGE_BYTES)} are read`,
    ],
    ['any other answer', size(MAX_ANSWER_BYTES)],
    [
      'a listing of client sessions; one session in it',
      `${size(MAX_LONG_ANSWER_BYTES)} (half a million sessions); ${size(MAX_SESSION_BYTES)}`,
    ],
    [
      'unusable sessions kept of a listing',
      `${count(MAX_UNUSABLE)}; a listing with more of them, or only such, is refused whole`,
    ],
    [
      'a listing of the things of one kind, for their names',
      `${count(MAX_THINGS)} things in ${count(MAX_NAME_PAGES)} pages, ${count(MAX_BARREN_PAGES)} of them in a row without anything new; a longer one is refused whole`,
    ],
    ["Seam's clock and the database's apart, and still believed", time(MAX_APART_SECONDS * 1000)],
    [
      "while Seam's clock cannot be believed",
      `up to 9 of 10 ticks are left out; older time is read again every ${time(BLIND_GAP_READ_EVERY_MS)}`,
    ],
  ],
}

export const LIMIT_TABLE: readonly LimitGroup[] = [sent, answered, kept, database, seam]

function count(value: number): string {
  return value.toLocaleString('en')
}

/** Writes bytes in the largest unit that gives a whole number. */
function size(bytes: number): string {
  const [unit, name] = bytes % 1024 ** 2 === 0 ? [1024 ** 2, 'MiB'] : [1024, 'KiB']
  return `${count(bytes / unit)} ${name}`
}

/** Writes a time in the largest unit that gives a whole number; half a minute stays in seconds. */
function time(ms: number): string {
  const units: [number, string][] = [
    [86_400_000, 'day'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1000, 's'],
  ]
  const [unit, name] = units.find(([each]) => ms % each === 0) ?? [1, 'ms']
  return `${count(ms / unit)} ${name}`
}

/** Names the pools' limits; migrations use theirs only at a start. */
function ofPools(limitOf: (pool: (typeof POOLS)[keyof typeof POOLS]) => string): string {
  const { webhooks, jobs, queries, feeds, keys, health } = POOLS
  const named = { webhooks, jobs, queries, streams: feeds, keys, '`/readyz`': health }
  return Object.entries(named)
    .map(([name, pool]) => `${name} ${limitOf(pool)}`)
    .join(', ')
}
