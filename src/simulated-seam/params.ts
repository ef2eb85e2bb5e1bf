/** What one request parameter may be. */
export interface ParamKind {
  type: 'string' | 'uuid' | 'timestamp' | 'number' | 'boolean'
  list?: true
  /** Fewest and most items of a list. */
  minItems?: number
  maxItems?: number
  nullable?: true
}

/** The parameters of a route; what is not in the table is ignored (contract, section 2.3). */
export type ParamKinds = Readonly<Record<string, ParamKind>>

export type Params = Record<string, unknown>

/** One thing wrong with a request; without a parameter it concerns the request as a whole. */
export interface Issue {
  param?: string
  message: string
}
