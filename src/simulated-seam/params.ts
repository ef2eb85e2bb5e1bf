/** What one request parameter may be. */
export interface ParamKind {
  type: 'string' | 'uuid' | 'timestamp' | 'number' | 'boolean'
  list?: true
  /** The fewest and the most items of a list. */
  minItems?: number
  maxItems?: number
  nullable?: true
}

/** The parameters of a route. Parameters that are not in the table are ignored (contract, section 2.3). */
export type ParamKinds = Readonly<Record<string, ParamKind>>

export type Params = Record<string, unknown>

/** One problem of a request. Without a parameter, it concerns the request as a whole. */
export interface Issue {
  param?: string
  message: string
}
