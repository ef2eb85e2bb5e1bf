import type { Params } from './params.ts'

/** One request that the API was asked. */
export interface LoggedRequest {
  path: string
  params: Params
  /** The HTTP status that was sent; 0 while there is no answer yet, or when there never is (`resetRate`). */
  status: number
  /** Unix milliseconds of the true clock, when the request had been read. */
  at: number
}

const newestKept = 10_000

/** Remembers the newest requests, oldest first. */
export class RequestLog {
  #requests: LoggedRequest[] = []

  /** The request may be changed until it is answered. */
  add(request: LoggedRequest): void {
    this.#requests.push(request)
    // Cut rarely: cutting one at a time would move the whole list for each request.
    if (this.#requests.length > newestKept * 2) this.#requests = this.#requests.slice(-newestKept)
  }

  newest(): readonly LoggedRequest[] {
    return this.#requests.slice(-newestKept)
  }
}
