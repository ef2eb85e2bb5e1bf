import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Caller, CallerProof, Scope } from '../domain/caller.ts'
import type { ParamKinds, Params } from './read-params.ts'
import type { RequestInput } from './read-input.ts'
import type { Text } from './send-text.ts'

/**
 * A row of the table of routes (app/routes.ts). From the table come dispatch, 405 with `Allow`, who is let in, the list of served paths
 * and the README's table of endpoints.
 */
export type Route = DirectRoute | OpenRoute | CallerRoute

/** Routes that only callers with a credential may ask. */
export type CallerRoute = TextRoute | StreamRoute

interface About {
  /** `:name` stands for one segment, and only the last one of a direct route may be such. */
  path: string
  /** HEAD is answered wherever GET is. */
  methods: readonly string[]
  /** One line of Markdown for the README's table and the API's description. */
  summary: string
}

/**
 * A route that is answered before Express, for requests that come by the thousand: in a profile, Express and its router took an eighth
 * of a delivery's time. It checks by itself who sent the request.
 */
export interface DirectRoute extends About {
  kind: 'direct'
  /** `segment` is what stands at the path's `:name`; null where the path has none. A rejection is answered like any other error. */
  handle: (request: IncomingMessage, response: ServerResponse, segment: string | null) => Promise<void>
}

/** A route that everybody may ask. */
export interface OpenRoute extends About {
  kind: 'open'
  answer: () => TextAnswer | Promise<TextAnswer>
}

/**
 * Which kinds of callers a route lets in, and the scope that each of them needs (null: none). A kind that is left out gets 401, as if it
 * had no credential (contract 3 and 16.8). A caller without the scope gets 403; client sessions have no scopes.
 */
export type Takes = Partial<Record<Caller['kind'], Scope | null>>

interface AboutCallerRoute extends About {
  takes: Takes
  /** Whether an answer shows a client session its own token. */
  showsOwnToken?: boolean
  /** Whether the route's query can prove that a caller is still who it was, which saves a query for that (access/admit-recent.ts). */
  provesCaller?: boolean
}

/** A route that answers with text which it holds as a whole. */
export interface TextRoute extends AboutCallerRoute {
  kind: 'text'
  params: ParamKinds
  read: (input: RequestInput) => Prepared<TextCall, TextAnswer>
}

/** A route that answers with a stream, such as server-sent events or an export. */
export interface StreamRoute extends AboutCallerRoute {
  kind: 'stream'
  params: ParamKinds
  read: (input: RequestInput) => Prepared<StreamCall, StreamAnswer>
}

/** A call whose parameters are valid. `headers` name the parameters that were ignored. */
export interface Prepared<Call, Answer> {
  headers: Record<string, string>
  answer: (call: Call) => Promise<Answer>
}

export interface TextCall {
  caller: Caller
  /** What the query has to prove; null when the caller was looked up for this request. */
  proof: CallerProof | null
  /** For what is neither a parameter nor the caller, such as cookies. */
  request: IncomingMessage
}

export interface TextAnswer {
  /** Sent as it is, whole or in parts. */
  text: Text
  /** Beside those that all answers have. */
  headers?: Record<string, string>
  /** Default: JSON. */
  contentType?: string
  /** Whether the query has proved the caller; `unknown` also when it was not asked to. */
  proven?: Proven
}

export type Proven = 'yes' | 'no' | 'unknown'

export interface StreamCall {
  caller: Caller
  /** The header `Last-Event-ID`: the id of the last server-sent event that the caller has seen. Null when it has seen none. */
  lastEventId: string | null
  /** Aborts when the stream has to end, with the reason. Everything that waits in `chunks` must wait with it. */
  signal: AbortSignal
  /** Waits for the caller's turn, then asks the database. A stream must not keep its turn while it waits for anything else. */
  inTurn: <Result>(work: () => Promise<Result>) => Promise<Result>
}

/**
 * The reason of a stream's signal. After `stopping` (the service stops) and `revoked` (the caller may no longer see what it sees) there is
 * a second for a last message; after `left` nobody reads it.
 */
export type StreamEnd = 'left' | 'stopping' | 'revoked'

export interface StreamAnswer {
  contentType: string
  headers?: Record<string, string>
  /**
   * Who gets gzip; default: nobody. Packed text is sent when there is enough of it, so that is not for events as they happen. Nobody gets
   * it when the answer may hold secrets or enough others are compressed.
   */
  compress?: 'if_accepted' | 'always' | 'never'
  /**
   * Asked for the next chunk only when the caller has room for it, so at most one chunk waits in memory beyond the socket's own buffer.
   * Its end is the end of the answer. When it throws, the connection is cut, so that the caller does not take a part for the whole.
   */
  chunks: AsyncIterable<string | Uint8Array>
}

interface TextDefinition<Values> extends AboutCallerRoute {
  params: Params<Values>
  answer: (params: Values, call: TextCall) => Promise<TextAnswer>
}

interface StreamDefinition<Values> extends AboutCallerRoute {
  params: Params<Values>
  /** Called before anything is sent: an ApiError is still answered as one. */
  answer: (params: Values, call: StreamCall) => Promise<StreamAnswer>
}

export function textRoute<Values>({ params, answer, ...about }: TextDefinition<Values>): TextRoute {
  return { ...about, kind: 'text', params: params.kinds, read: (input) => prepare(params, answer, input) }
}

export function streamRoute<Values>({ params, answer, ...about }: StreamDefinition<Values>): StreamRoute {
  return { ...about, kind: 'stream', params: params.kinds, read: (input) => prepare(params, answer, input) }
}

function prepare<Values, Call, Answer>(
  params: Params<Values>,
  answer: (values: Values, call: Call) => Promise<Answer>,
  input: RequestInput,
): Prepared<Call, Answer> {
  const { values, headers } = params.read(input)
  return { headers, answer: (call) => answer(values, call) }
}
